#!/usr/bin/env python3
"""Repeats the published experiment and says where each tail comes from.

  .venv/bin/python loadtest/run_experiment.py                 eight runs, about ten minutes
  .venv/bin/python loadtest/run_experiment.py --quick         the same in two minutes, for a look
  .venv/bin/python loadtest/run_experiment.py --host 10.0.0.7:8080
  .venv/bin/python loadtest/run_experiment.py --server-binary build/release/bin/go_peer
  .venv/bin/python loadtest/run_experiment.py --compare build/experiment/go_peer

10, 100, 500 and 1000 users, each with HttpUser and FastHttpUser. Both sides are sampled once a
second. The report is in the output directory: report.md with plots, report.html, results.json and
results.csv. A finished run stays there and is not repeated; Ctrl-C ends cleanly, with a report of
what is there, and the same command goes on. --compare needs a finished experiment in the other
directory and writes compare.md and compare.html beside the report.

Exit status: 0 no request failed, 1 one did, or a run could not be made, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import report
from experiment import reports
from experiment.directory import DirectoryError, ExperimentDirectory
from experiment.live_runs import LiveRuns, live_runs
from experiment.locust_process import LOCUSTFILE, LocustError
from experiment.one_run import Now, Target, free_port, perform
from experiment.progress import Progress
from experiment.report_page import PageError
from experiment.runs import CLASSES, SPAWN_RATES, Run, planned
from experiment.sampling import fetch
from experiment.watchers import WatcherError
from servers import ROOT, ServerError, command_for, running

BUILT = ROOT / "build" / "release" / "bin"
OUTPUT = ROOT / "build" / "experiment"


class Processors:
    """Who runs where. With two or more, Locust has one of its own and the server all others.

    The published experiment had two machines; here neither takes the other's processor either. The
    sampling runs beside the server, for Locust is the one that is suspected of having too little.
    """

    def __init__(self, divide: bool) -> None:
        available = sorted(os.sched_getaffinity(0))
        self.divided = divide and len(available) > 1
        self._server = available[:-1] if self.divided else available
        self._client = available[-1:] if self.divided else available

    @property
    def server_threads(self) -> int:
        return len(self._server)

    def for_server(self) -> list[str]:
        return self._command(self._server)

    def for_client(self) -> list[str]:
        return self._command(self._client)

    def move_here(self) -> None:
        """This program, to the server's."""
        os.sched_setaffinity(0, self._server)

    def _command(self, processors: list[int]) -> list[str]:
        if not self.divided:
            return []
        return ["taskset", "--cpu-list", ",".join(map(str, processors))]

    def __str__(self) -> str:
        if not self.divided:
            return "client and server share all"
        return (f"client on {','.join(map(str, self._client))}, "
                f"server and sampling on {','.join(map(str, self._server))}")


def numbers(text: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers such as 10,100")
    return found


def clients(text: str) -> list[str]:
    found = text.split(",")
    for one in found:
        if one not in CLASSES:
            raise argparse.ArgumentTypeError(f"{one!r} is none of {', '.join(CLASSES)}")
    return found


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="9 s a run, started in 2 s, with 10 products a user instead of 100")
    parser.add_argument("--users", type=numbers, default=list(SPAWN_RATES), metavar="LIST",
                        help="numbers of users (default 10,100,500,1000)")
    parser.add_argument("--clients", type=clients, default=list(CLASSES), metavar="LIST",
                        help="of http,fast (default both)")
    parser.add_argument("--seconds", type=int, help="length of each run (default 60)")
    parser.add_argument("--seed-count", type=int, metavar="N",
                        help="products a user stores at its start (default 100)")
    server = parser.add_argument_group("server")
    server.add_argument("--server-binary", type=Path, default=BUILT / "productd", metavar="FILE",
                        help="a productd or go_peer, started anew for each run, with the memory "
                        "engine (default build/release/bin/productd)")
    server.add_argument("--host", metavar="ADDRESS:PORT",
                        help="load this running server instead")
    server.add_argument("--management", metavar="ADDRESS:PORT",
                        help="where --host has its /metrics (default the same)")
    server.add_argument("--share-processors", action="store_true",
                        help="let client and server run on all processors, instead of Locust on "
                        "one and the server on the others")
    output = parser.add_argument_group("output")
    output.add_argument("--output", type=Path, metavar="DIR",
                        help="where runs and report are kept (default build/experiment/SERVER, "
                        "SERVER-quick)")
    output.add_argument("--fresh", action="store_true",
                        help="remove what --output has and begin anew")
    output.add_argument("--compare", type=Path, metavar="DIR",
                        help="put another finished experiment beside this one")
    output.add_argument("--locust-metrics-port", type=int, metavar="PORT",
                        help="where Locust shows its metrics, for a Prometheus that looks there, "
                        "such as that of make observe (default a free one)")
    output.add_argument("--live-page-port", type=int, metavar="PORT",
                        help="serve the live page of make observe there while runs are made, 0 "
                        "for a free port; its Prometheus takes processor time from the server")
    options = parser.parse_args()
    if options.output is None:
        name = options.host.replace(":", "-") if options.host else options.server_binary.name
        options.output = OUTPUT / (name + ("-quick" if options.quick else ""))
    if options.host:
        options.host = options.host.removeprefix("http://").rstrip("/")
    for option in ("seconds", "seed_count"):
        if (getattr(options, option) or 1) < 1:
            parser.error(f"--{option.replace('_', '-')} must be at least 1")
    return options


def parameters(options: argparse.Namespace, runs: list[Run],
               processors: Processors) -> dict[str, Any]:
    """What must agree for runs to stand in one report."""
    server = options.host or options.server_binary.name
    binary = "" if options.host else digest(options.server_binary)
    return {"server": server, "binary": binary, "locustfile": digest(LOCUSTFILE),
            "quick": options.quick, "seconds": runs[0].seconds, "seed_count": runs[0].seed_count,
            "processors": str(processors)}


def digest(file: Path) -> str:
    """Tells one build from another."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    except OSError as error:
        raise ServerError(f"{file}: {error.strerror}; build it first") from None


@contextlib.contextmanager
def target_of(options: argparse.Namespace, processors: Processors) -> Iterator[Target]:
    """The server of one run."""
    if options.host:
        yield Target(options.host, options.management or options.host, None)
        return
    command = command_for(options.server_binary, processors.server_threads)
    with running(options.server_binary.name, [*processors.for_server(), *command]) as server:
        yield Target(server.address, server.address, server)


def run_all(options: argparse.Namespace, runs: list[Run], directory: ExperimentDirectory,
            processors: Processors, live: LiveRuns | None) -> None:
    """Makes the runs that are not there yet."""
    source = {"commit": report.commit(),
              "command": shlex.join(["loadtest/run_experiment.py", *sys.argv[1:]])}
    progress = Progress(runs)
    for run in runs:
        if directory.record(run):
            progress.kept(run)
            continue
        progress.begin(run)

        def look(now: Now) -> None:
            progress.show(run, now)

        with target_of(options, processors) as target:
            metrics_port = options.locust_metrics_port or free_port()
            if live:
                live.watch(target.metrics_address, f"127.0.0.1:{metrics_port}")
            record = perform(run, target, processors.for_client(), metrics_port, look)
        directory.keep(run, record | source)
        progress.end(run, reports.line(record))


def interrupt_on_sigterm() -> None:
    """SIGTERM ends this program as Ctrl-C does."""
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def main() -> int:
    options = parse_arguments()
    interrupt_on_sigterm()
    runs = planned(options.users, options.clients, options.seconds, options.seed_count,
                   options.quick)
    directory = ExperimentDirectory(options.output.absolute())
    status = 0
    try:
        if options.host and fetch(options.host, "/health") is None:
            raise ServerError(f"nothing answers at http://{options.host}/health: "
                              "start the server, or give its ADDRESS:PORT")
        processors = Processors(not options.share_processors and not options.host)
        if options.fresh:
            directory.clear()
        directory.open(parameters(options, runs, processors))
        processors.move_here()
        with contextlib.ExitStack() as stack:
            live = None
            if options.live_page_port is not None:
                live = stack.enter_context(live_runs(options.live_page_port, OUTPUT))
                print(f"live page {live.address}", file=sys.stderr, flush=True)
            run_all(options, runs, directory, processors, live)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on with the next run", file=sys.stderr)
        status = 130
    except (ServerError, LocustError, DirectoryError, PageError, WatcherError,
            OSError) as error:
        print(f"run_experiment: {error}", file=sys.stderr)
        status = 1
        if isinstance(error, DirectoryError):
            return status
    reported = write_reports(options, runs, directory)
    # What was stopped is told as stopped, even if a request had failed before.
    return status or reported


def write_reports(options: argparse.Namespace, runs: list[Run],
                  directory: ExperimentDirectory) -> int:
    """Of the runs that are there; 1 when a request failed, or there is nothing to compare with."""
    records = [record for run in runs if (record := directory.record(run))]
    if not records:
        return 0
    try:
        results = reports.write(directory, records, len(runs))
        print(directory.path / "report.md")
        print(directory.path / "report.html")
        if options.compare:
            for file in reports.write_comparison(directory, results, options.compare.absolute()):
                print(file)
    except (DirectoryError, PageError) as error:
        print(f"run_experiment: {error}", file=sys.stderr)
        return 1
    return 1 if any(record["failures"] for record in records) else 0


if __name__ == "__main__":
    sys.exit(main())
