#!/usr/bin/env python3
"""Runs every scenario of loadtest/scenarios against a real productd, in small.

  .venv/bin/python tests/tools/locust_scenarios_test.py build/release/bin

The argument is the directory of productd. Each scenario must end by itself and do what it is for;
the commands of docs/loadtest.md must be such that Locust takes them. Half a minute, on loopback.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import unittest
from pathlib import Path

from check_readme import sh_commands
from locust_run import ROOT, Exposition, Locust, environment, running
from processes import free_port, running_productd

COUNT = "locust_response_time_seconds_count"

productd = Path()


class Scenarios(unittest.TestCase):
    def setUp(self) -> None:
        self.server = self.enterContext(running_productd(productd, "--storage-engine", "memory"))
        self.host = ("--host", f"http://{self.server.address}")

    def ended(self, locust: Locust) -> Exposition:
        self.assertEqual(locust.wait(), 0, locust.output())
        exposition = locust.exposition()
        self.assertEqual(exposition.total("locust_failures_total"), 0)
        return exposition

    def test_soak_lasts_as_long_as_it_is_told(self) -> None:
        began = time.monotonic()
        with running("scenarios/soak.py", *self.host, "--users", 3, "--run-time", 2) as locust:
            exposition = self.ended(locust)
        self.assertGreater(time.monotonic() - began, 2)
        self.assertEqual(exposition.by(COUNT, "name")["/products/[id]/details (seed)",], 300)

    def test_spike_comes_and_goes(self) -> None:
        seen: list[float] = []
        with running("scenarios/spike.py", *self.host, "--users", 12, "--spike-base", 2,
                     "--run-time", 5) as locust:
            while locust.process.poll() is None:
                scrape = locust.scrape()
                if scrape:
                    users = scrape.total("locust_users")
                    if seen[-1:] != [users]:
                        seen.append(users)
                time.sleep(0.05)
            self.ended(locust)
        self.assertIn(12, seen)
        peak = seen.index(12)
        self.assertIn(2, seen[:peak])
        self.assertIn(2, seen[peak:])

    def test_hot_key_is_shared_by_the_users_of_all_workers(self) -> None:
        port = free_port()
        with running("scenarios/hot_key.py", *self.host, "--users", 6, "--run-time", 2,
                     "--seed-count", 10, "--hot-share", 0.8, "--wait-min", 0.01,
                     "--wait-max", 0.02, "--processes", 2, "--master-bind-port", port,
                     "--master-port", port) as locust:
            # That no answer was wrong says, too, that a hot product is not checked as one's own is.
            by_name = self.ended(locust).by(COUNT, "name")
        hot = by_name["/products/[id] (hot)",]
        self.assertGreater(by_name["/products/[id]/details (hot)",], 0)
        self.assertAlmostEqual(hot / (hot + by_name["/products/[id]",]), 0.8, delta=0.1)

    def test_open_arrivals_are_as_many_as_were_scheduled(self) -> None:
        with running("scenarios/open_arrivals.py", *self.host, "--users", 4, "--seed-count", 5,
                     "--arrival-rate", 50, "--arrivals", "even", "--run-time", 3) as locust:
            by_name = self.ended(locust).by(COUNT, "name")
        requests = sum(by_name.values()) - 4 * 5
        # Users begin within the first second.
        self.assertGreater(requests, 4 * 50 * 2)
        self.assertLessEqual(requests, 4 * 50 * 3)

    def test_open_arrivals_beyond_the_backlog_are_counted(self) -> None:
        with running("scenarios/open_arrivals.py", *self.host, "--users", 1, "--seed-count", 5,
                     "--arrival-rate", 100_000, "--max-backlog", 10, "--run-time", 1) as locust:
            exposition = self.ended(locust)
            self.assertEqual(locust.output().count("--max-backlog is reached"), 1)
        self.assertGreater(exposition.total("locust_dropped_arrivals_total"), 10_000)

    def test_ramp_ends_with_a_sentence(self) -> None:
        with running("scenarios/ramp.py", *self.host, "--ramp-start", 2, "--ramp-step", 6,
                     "--users", 2) as locust:
            self.ended(locust)
            output = locust.output()
        self.assertRegex(output, r"ramp: 2 users: [\d,]+ requests/s, p99 ")
        self.assertRegex(output, "WARNING/ramp: (The load generator is saturated, not the server|"
                                 "Not saturated with --users 2)")

    def test_ramp_gives_up_when_nobody_answers(self) -> None:
        self.server.process.kill()
        with running("scenarios/ramp.py", *self.host, "--ramp-step", 6) as locust:
            self.assertEqual(locust.wait(), 1, locust.output())
            self.assertIn("No request was answered with 4 users", locust.output())


class Documents(unittest.TestCase):
    def test_commands_of_locust_are_taken_by_locust(self) -> None:
        text = (ROOT / "docs/loadtest.md").read_text(encoding="utf-8")
        found = 0
        for line, command in sh_commands(text):
            words = shlex.split(command.replace("\\\n", ""))
            if words[0] == ".venv/bin/locust":
                found += 1
                with self.subTest(f"docs/loadtest.md:{line}", command=command):
                    run = subprocess.run([*words, "--list"], cwd=ROOT, env=environment(),
                                         capture_output=True, text=True, timeout=30)
                    self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
                    self.assertIn("Available Users:", run.stdout)
        self.assertGreater(found, 5)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    productd = Path(sys.argv.pop(1)).resolve() / "productd"
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"
    unittest.main()
