#!/usr/bin/env python3
"""What locust_metrics.py costs the load generator: runs of Locust with and without it, in turn.

  .venv/bin/python loadtest/metrics_cost.py

One Locust process with as many requests as it can, of FastHttpUser, against a productd of its own;
with metrics, they are scraped once a second meanwhile. Ratios are with to without, round by round.
Processor time for each request says more than the rate on a machine that is not idle.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from servers import ROOT, ServerError, command_for, exit_on_sigterm, running

LOCUSTFILE = Path(__file__).resolve().with_name("metrics_cost_locustfile.py")
USERS = 20
SCRAPE_SECONDS = 1.0


class CostError(RuntimeError):
    """A run of Locust failed."""


@dataclass(frozen=True)
class Cost:
    requests_per_second: float
    cpu_us: float


def measure(address: str, seconds: int, with_metrics: bool) -> Cost:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1] if with_metrics else 0
    with tempfile.TemporaryDirectory(prefix="metrics-cost-") as directory:
        cost_file = Path(directory) / "cost.json"
        command = [
            sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary",
            "--loglevel", "WARNING", "--host", f"http://{address}", "--users", str(USERS),
            "--spawn-rate", "100", "--run-time", f"{seconds}s", "--cost-file", str(cost_file),
            "--metrics-host", "127.0.0.1", "--metrics-port", str(port)]
        if not with_metrics:
            command.append("--without-metrics")
        # Settings meant for other runs do not reach this one.
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("LOCUST_")}
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd=directory,
                              env=environment) as locust:
            try:
                while locust.poll() is None:
                    time.sleep(SCRAPE_SECONDS)
                    if with_metrics:
                        scrape(port)
            except BaseException:
                locust.kill()
                raise
            output = locust.stdout.read() if locust.stdout else ""
        if locust.returncode != 0:
            raise CostError(f"locust, status {locust.returncode}:\n{output}")
        cost = json.loads(cost_file.read_text())
    return Cost(cost["requests"] / cost["seconds"], cost["cpu_seconds"] / cost["requests"] * 1e6)


def scrape(port: int) -> None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            answer.read()
    except (urllib.error.URLError, ConnectionError):
        # It has not begun to listen, or has ended.
        pass


def spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server-binary", type=Path, metavar="FILE",
                        default=ROOT / "build" / "release" / "bin" / "productd",
                        help="productd or a go_peer (default build/release/bin/productd)")
    parser.add_argument("--rounds", type=int, default=7, help="pairs of runs (default 7)")
    parser.add_argument("--seconds", type=int, default=8, help="length of each run (default 8)")
    options = parser.parse_args()
    exit_on_sigterm()

    rate_ratios, cpu_ratios = [], []
    try:
        server_command = command_for(options.server_binary, threads=len(os.sched_getaffinity(0)))
        with running(options.server_binary.name, server_command) as server:
            for turn in range(options.rounds):
                costs = {}
                # Each round begins with the other, so that none always follows the same one.
                for with_metrics in (turn % 2 == 0, turn % 2 == 1):
                    costs[with_metrics] = measure(server.address, options.seconds, with_metrics)
                server.check()
                measured, bare = costs[True], costs[False]
                rate_ratios.append(measured.requests_per_second / bare.requests_per_second)
                cpu_ratios.append(measured.cpu_us / bare.cpu_us)
                print(f"round {turn + 1}: with {measured.requests_per_second:,.0f} requests/s, "
                      f"{measured.cpu_us:.1f} us of processor each; without "
                      f"{bare.requests_per_second:,.0f}, {bare.cpu_us:.1f} us", flush=True)
    except (ServerError, CostError, OSError) as error:
        print(f"metrics_cost: {error}", file=sys.stderr)
        return 1
    print(f"requests/s with to without, median (least to most): {spread(rate_ratios)}")
    print(f"processor time for each request: {spread(cpu_ratios)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
