#!/usr/bin/env python3
"""Runs productd with all that watches it, until Ctrl-C: Prometheus, a live page, Locust, Grafana.

  .venv/bin/python loadtest/observe.py                 then start users on Locust's page
  .venv/bin/python loadtest/observe.py --users 100     with a load from the start
  .venv/bin/python loadtest/observe.py --no-locust     for a load of your own, such as
      .venv/bin/python loadtest/run_experiment.py --quick --host 127.0.0.1:8080 \\
        --locust-metrics-port 9646

Prometheus has the rules and alerts of dashboards/, Grafana its dashboards if a grafana or
grafana-server is on the PATH; the live page draws the same panels without it. Everything listens on
127.0.0.1; port 0 takes a free one. What is stored is in a temporary directory and gone at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from experiment import live_page, watchers
from experiment.locust_process import LOCUSTFILE
from experiment.report_page import PageError
from experiment.watchers import Prometheus, Started, WatcherError, port_of, started
from servers import ROOT

DASHBOARDS = ROOT / "dashboards"
REPORTS = ROOT / "build" / "experiment"
LOOK_SECONDS = 0.5
#: Users that start in a second, as a part of all.
RAMP_SECONDS = 10


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server-binary", type=Path, metavar="FILE",
                        default=ROOT / "build" / "release" / "bin" / "productd",
                        help="default build/release/bin/productd")
    parser.add_argument("--users", type=int, default=0, metavar="N",
                        help="users that Locust starts by itself (default 0: its page does)")
    parser.add_argument("--no-locust", action="store_true", help="start no Locust")
    parser.add_argument("--scrape-seconds", type=int, default=2, metavar="N",
                        help="how often Prometheus looks (default 2)")
    for name, port, what in (("page", 8081, "of the live page"), ("http", 8080, "of productd"),
                             ("prometheus", 9090, "of Prometheus"),
                             ("locust", 8089, "of Locust's page"),
                             ("locust-metrics", 9646, "where Prometheus looks for a Locust"),
                             ("grafana", 3000, "of Grafana")):
        parser.add_argument(f"--{name}-port", type=int, default=port, metavar="PORT",
                            help=f"{what} (default {port})")
    return parser.parse_args()


def start_productd(binary: Path, port: int, folder: Path, stack: contextlib.ExitStack) -> Started:
    if not binary.exists():
        raise WatcherError(f"{binary} is missing; make build makes it")
    ready = folder / "ready"
    return stack.enter_context(started(
        "productd", [str(binary.absolute()), "--http-listen", f"127.0.0.1:{port}",
                     "--data-dir", str(folder / "data"), "--storage-backup-dir",
                     str(folder / "backups"), "--ready-file", str(ready),
                     "--log-level", "warning"], folder, ready.exists))


def start_locust(options: argparse.Namespace, ports: dict[str, int], folder: Path,
                 stack: contextlib.ExitStack) -> Started:
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "ProductFastHttpUser",
               "--host", f"http://127.0.0.1:{ports['http']}", "--web-host", "127.0.0.1",
               "--web-port", str(ports["locust"]), "--metrics-host", "127.0.0.1",
               "--metrics-port", str(ports["locust_metrics"])]
    if options.users:
        command += ["--autostart", "--users", str(options.users), "--spawn-rate",
                    str(max(1, options.users // RAMP_SECONDS))]
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith("LOCUST_")}
    address = f"http://127.0.0.1:{ports['locust_metrics']}/metrics"
    return stack.enter_context(started("Locust", command, folder,
                                       lambda: watchers.answers(address), environment))


def run(options: argparse.Namespace, stopped: threading.Event) -> None:
    """Until `stopped`, or until one of the programs ends, which is an error."""
    ports = {name: port_of(name, getattr(options, f"{name}_port"))
             for name in ("page", "http", "prometheus", "locust", "locust_metrics", "grafana")}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="observe-")))
        programs: list[Started | Prometheus] = [start_productd(options.server_binary, ports["http"], folder, stack)]
        if not options.no_locust:
            programs.append(start_locust(options, ports, folder, stack))
        prometheus = stack.enter_context(watchers.prometheus(
            DASHBOARDS, folder, ports["prometheus"], options.scrape_seconds))
        prometheus.look_at(*(f"127.0.0.1:{ports[name]}" for name in ("http", "locust_metrics")))
        programs.append(prometheus)
        links = [("productd", f"http://127.0.0.1:{ports['http']}", "the server that is watched"),
                 ("Prometheus", prometheus.address, "rules and alerts")]
        if not options.no_locust:
            links.append(("Locust", f"http://127.0.0.1:{ports['locust']}",
                          f"{options.users} users run" if options.users else "start users here"))
        grafana = watchers.grafana_command()
        if grafana:
            programs.append(stack.enter_context(watchers.grafana(
                grafana, DASHBOARDS, folder, ports)))
            links.append(("Grafana", f"http://127.0.0.1:{ports['grafana']}", "the dashboards"))
        page = live_page.live_page(DASHBOARDS, options.scrape_seconds,
                                   links + live_page.report_links(REPORTS))
        stack.enter_context(live_page.serving(ports["page"], page, prometheus.address, REPORTS))

        print(f"{'live page':<11} http://127.0.0.1:{ports['page']}  the dashboards, drawn anew "
              f"every {options.scrape_seconds} s")
        for name, address, what in links:
            print(f"{name:<11} {address}  {what}")
        if not grafana:
            print(f"{'Grafana':<11} {watchers.NO_GRAFANA}")
        print("Ctrl-C stops everything.", flush=True)
        while not stopped.wait(LOOK_SECONDS):
            for program in programs:
                program.check()


def main() -> int:
    options = parse_arguments()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        run(options, stopped)
    except (WatcherError, PageError, OSError, subprocess.SubprocessError) as error:
        print(f"observe: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
