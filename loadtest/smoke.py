#!/usr/bin/env python3
"""Starts productd, loads it with each Locust user class and fails unless every request succeeds.

  .venv/bin/python loadtest/smoke.py
  .venv/bin/python loadtest/smoke.py --server-binary build/release/bin/go_peer
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from servers import ROOT, ServerError, command_for, exit_on_sigterm, running

LOCUSTFILE = Path(__file__).resolve().parent / "locustfile.py"
CLASSES = ("ProductHttpUser", "ProductFastHttpUser")
SEED_NAME = "/products/[id]/details (seed)"
NAMES = (SEED_NAME, "/products/[id]", "/products/[id]/details")
USERS = 10
SEEDED_BY_USER = 100
USERS_PER_SECOND = 10
# With the experiment's pause of 1..3 s a run of this length might by chance have no POST at all.
WAIT_SECONDS = ("0.1", "0.3")
# A request without an answer fails before the end of the run lets it fall out of the count.
REQUEST_TIMEOUT_SECONDS = 5
STOP_TIMEOUT_SECONDS = REQUEST_TIMEOUT_SECONDS + 2
ROW = "{:<20} {:<30} {:>8} {:>8} {:>7} {:>7} {:>7} {:>7}"


class SmokeError(RuntimeError):
    """A run of Locust did not come to its end, or not all went well in it."""


def run_class(user_class: str, address: str, seconds: int) -> list[dict[str, str]]:
    """One headless run; the rows of Locust's request statistics."""
    with tempfile.TemporaryDirectory(prefix="smoke-") as directory:
        prefix = Path(directory) / "run"
        command = [
            sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), user_class, "--headless",
            "--host", f"http://{address}", "--users", str(USERS),
            "--spawn-rate", str(USERS_PER_SECOND), "--run-time", f"{seconds}s",
            "--seed-count", str(SEEDED_BY_USER),
            "--wait-min", WAIT_SECONDS[0], "--wait-max", WAIT_SECONDS[1],
            "--request-timeout", str(REQUEST_TIMEOUT_SECONDS),
            "--stop-timeout", str(STOP_TIMEOUT_SECONDS), "--csv", str(prefix), "--only-summary",
            "--loglevel", "WARNING", "--metrics-port", "0"]
        # Settings meant for other runs do not reach this one.
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("LOCUST_")}
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             cwd=directory, env=environment, timeout=seconds + 60)
        # The status counts every failure and exception; the file is up to a second older.
        if run.returncode != 0:
            raise SmokeError(
                f"{user_class}: locust, status {run.returncode}:\n{run.stdout}{run.stderr}")
        with Path(f"{prefix}_stats.csv").open(newline="") as rows:
            return list(csv.DictReader(rows))


def complaints(user_class: str, rows: list[dict[str, str]]) -> list[str]:
    """What keeps a run without a failure from being a success, a line each."""
    found = []
    by_name = {row["Name"]: row for row in rows}
    for name in NAMES:
        if name not in by_name or int(by_name[name]["Request Count"]) == 0:
            found.append(f"{user_class}: no request named {name}")
    seeded = int(by_name[SEED_NAME]["Request Count"]) if SEED_NAME in by_name else 0
    if seeded != USERS * SEEDED_BY_USER:
        found.append(f"{user_class}: {seeded} products seeded, not {USERS} x {SEEDED_BY_USER}")
    return found


def print_rows(user_class: str, rows: list[dict[str, str]]) -> None:
    for row in rows:
        print(ROW.format(user_class, row["Name"], row["Request Count"], row["Failure Count"],
                         f"{float(row['Requests/s']):.1f}", row["50%"], row["95%"], row["99%"]))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server-binary", type=Path, metavar="FILE",
                        default=ROOT / "build" / "release" / "bin" / "productd",
                        help="productd or a go_peer (default build/release/bin/productd)")
    parser.add_argument("--seconds", type=int, default=15, help="length of each run (default 15)")
    options = parser.parse_args()
    exit_on_sigterm()

    found: list[str] = []
    try:
        command = command_for(options.server_binary, threads=len(os.sched_getaffinity(0)))
        with running(options.server_binary.name, command) as server:
            print(f"{USERS} users of each class in turn, {options.seconds} s, "
                  f"against {server.name} on {server.address}", flush=True)
            print(ROW.format("class", "request", "count", "failures", "per s",
                             "p50 ms", "p95 ms", "p99 ms"))
            for user_class in CLASSES:
                rows = run_class(user_class, server.address, options.seconds)
                server.check()
                print_rows(user_class, rows)
                found += complaints(user_class, rows)
    except (ServerError, SmokeError, OSError, subprocess.TimeoutExpired) as error:
        found.append(str(error))
    for complaint in found:
        print(f"smoke: {complaint}", file=sys.stderr)
    print("FAILED" if found else "passed: every request succeeded")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
