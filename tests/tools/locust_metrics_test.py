#!/usr/bin/env python3
"""Holds what Locust serves to Prometheus to what Locust itself counts, in every way to run it.

  .venv/bin/python tests/tools/locust_metrics_test.py build/release/bin

The argument is the directory of productd. Each test runs a real Locust on loopback, most of them
against a real productd; half a minute.
"""

from __future__ import annotations

import contextlib
import csv
import http.server
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Optional

from locust_run import LOADTEST, Exposition, Locust, command, environment, running
from processes import free_port, running_productd, serving, wait_until

USERS = 4
SEEDED = 20
RESPONSE_TIME = "locust_response_time_seconds"
INTENDED_START = "locust_intended_start_latency_seconds"
# With a pause of seconds hardly a request would be sent; who is late for the end of a run is
# neither in one count nor in the other.
LOAD = ("--users", USERS, "--spawn-rate", 100, "--seed-count", SEEDED, "--wait-min", 0.02,
        "--wait-max", 0.05, "--stop-timeout", 5)

#: A client that has no processor time for its users, three tenths of a second each half.
BUSY_LOCUSTFILE = f"""
import sys
import time
import gevent
from locust import events
sys.path.append({str(LOADTEST)!r})
from locustfile import ProductFastHttpUser

def be_busy():
    while True:
        gevent.sleep(0.2)
        until = time.perf_counter() + 0.3
        while time.perf_counter() < until:
            pass

events.spawning_complete.add_listener(lambda **_: gevent.spawn(be_busy))
"""

productd = Path()


def locust_rounds(milliseconds: float) -> int:
    """As Locust does before it computes quantiles."""
    for limit, digits in ((100, 0), (1000, -1), (10_000, -2)):
        if milliseconds < limit:
            return int(round(milliseconds, digits))
    return int(round(milliseconds, -3))


def answers(url: str) -> bool:
    with contextlib.suppress(urllib.error.URLError, ConnectionError):
        urllib.request.urlopen(url, timeout=30).close()
        return True
    return False


class Agreement(unittest.TestCase):
    def agrees(self, exposition: Exposition, statistics: dict[tuple[str, str], dict]) -> None:
        """All that both sides have."""
        for metric in (RESPONSE_TIME, INTENDED_START):
            counts = exposition.by(f"{metric}_count", "method", "name")
            self.assertEqual(counts, {request: row["num_requests"]
                                      for request, row in statistics.items()})
        failures = exposition.by("locust_failures_total", "method", "name")
        self.assertEqual(failures, {request: row["num_failures"]
                                    for request, row in statistics.items()})
        seconds = exposition.by(f"{RESPONSE_TIME}_sum", "method", "name")
        intended = exposition.by(f"{INTENDED_START}_sum", "method", "name")
        for request, row in statistics.items():
            with self.subTest(request):
                self.assertAlmostEqual(seconds[request], row["total_response_time"] / 1000, 6)
                self.assertGreaterEqual(intended[request], seconds[request])
                for q in (0.5, 0.9, 0.99):
                    self.has_quantile(exposition.buckets(RESPONSE_TIME, request), q, row)

    def has_quantile(self, buckets: list[tuple[float, float]], q: float, row: dict) -> None:
        """Locust's quantile is in our bucket of it; Locust rounds, so the bucket's ends are too."""
        times = sorted((float(time), count) for time, count in row["response_times"].items())
        index = int(row["num_requests"] * q)
        seen = 0
        for theirs, count in times:
            seen += count
            if seen > index:
                break
        lower = 0.0
        for upper, count in buckets:
            if count > index:
                break
            lower = upper
        self.assertLessEqual(locust_rounds(lower * 1000), theirs)
        if upper < math.inf:
            self.assertLessEqual(theirs, locust_rounds(upper * 1000))

    def scrape_when(self, locust: Locust, metric: str, least: float) -> Exposition:
        found: Optional[Exposition] = None

        def there() -> bool:
            nonlocal found
            found = locust.scrape()
            return found is not None and found.total(metric) >= least
        try:
            wait_until(there, locust.process, f"{metric} of {least}")
        except RuntimeError:
            print(locust.output())
            raise
        assert found is not None
        return found

    def ends_well(self, locust: Locust) -> None:
        self.assertEqual(locust.wait(), 0, locust.output())


class Modes(Agreement):
    def setUp(self) -> None:
        self.server = self.enterContext(running_productd(productd, "--storage-engine", "memory"))
        self.host = ("--host", f"http://{self.server.address}")

    def test_one_process(self) -> None:
        with running("locustfile.py", *LOAD, *self.host, "--run-time", 2) as locust:
            scrape = self.scrape_when(locust, "locust_users", USERS)
            self.assertEqual(set(scrape.by("locust_users", "user_class")),
                             {("ProductHttpUser",), ("ProductFastHttpUser",)})
            self.scrape_when(locust, f"{RESPONSE_TIME}_count", USERS * SEEDED + 10)
            self.ends_well(locust)
            exposition = locust.exposition()
            self.agrees(exposition, locust.statistics())
            self.assertEqual(set(exposition.by("locust_process_cpu_seconds_total", "process")),
                             {("local",)})
            # Nothing but what is asked for is left behind, however it was written.
            self.assertEqual(sorted(path.name for path in locust.folder.iterdir()),
                             ["metrics.prom", "output", "statistics.json"])
        check = subprocess.run(["promtool", "check", "metrics"], input=exposition.text,
                               capture_output=True, text=True, timeout=30)
        self.assertEqual((check.returncode, check.stdout + check.stderr), (0, ""))
        self.assertEqual(
            {le for (le,) in exposition.by(f"{RESPONSE_TIME}_bucket", "le")},
            {le for (le,) in self.of_server().by("http_request_duration_seconds_bucket", "le")})

    def of_server(self) -> Exposition:
        with urllib.request.urlopen(f"http://{self.server.management}/metrics",
                                    timeout=30) as answer:
            return Exposition(answer.read().decode())

    def test_forked_workers(self) -> None:
        port = free_port()
        with running("locustfile.py", *LOAD, *self.host, "--run-time", 2, "--processes", 2,
                     "--master-bind-port", port, "--master-port", port) as locust:
            self.workers_add_up(locust)

    def test_a_master_and_workers(self) -> None:
        port = free_port()
        with contextlib.ExitStack() as stack:
            locust = stack.enter_context(running(
                "locustfile.py", *LOAD, *self.host, "--run-time", 2, "--master",
                "--expect-workers", 2, "--master-bind-host", "127.0.0.1",
                "--master-bind-port", port))
            for _ in range(2):
                # They have the same port of metrics as the master, and leave it alone.
                stack.enter_context(running("locustfile.py", "--worker", "--master-host",
                                            "127.0.0.1", "--master-port", port,
                                            "--metrics-port", locust.address.split(":")[1]))
            self.workers_add_up(locust)

    def workers_add_up(self, locust: Locust) -> None:
        self.scrape_when(locust, "locust_users", USERS)
        self.ends_well(locust)
        exposition = locust.exposition()
        self.agrees(exposition, locust.statistics())
        cpu = exposition.by("locust_process_cpu_seconds_total", "process")
        self.assertEqual(set(cpu), {("master",), ("worker-0",), ("worker-1",)})
        self.assertGreater(min(cpu.values()), 0)

    def test_the_web_ui(self) -> None:
        port = free_port()
        web = f"http://127.0.0.1:{port}"

        def ask(path: str, **form: object) -> str:
            body = urllib.parse.urlencode(form).encode() if form else None
            request = urllib.request.Request(web + path, body, method="POST" if form else "GET")
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read().decode()

        with running("locustfile.py", *LOAD, *self.host, "--web-host", "127.0.0.1",
                     "--web-port", port) as locust:
            wait_until(lambda: answers(web), locust.process, "the web UI is there")
            counted: dict[tuple[str, str], float] = {}
            for run in (1, 2):
                least = sum(counted.values()) + USERS * SEEDED + 10
                ask("/swarm", user_count=USERS, spawn_rate=100)
                scrape = self.scrape_when(locust, f"{RESPONSE_TIME}_count", least)
                self.assertEqual(scrape.total("locust_users"), USERS)
                ask("/stop", now="")
                after = self.scrape_when(locust, f"{RESPONSE_TIME}_count", least)
                self.assertEqual(after.total("locust_users"), 0)
                # Locust begins anew with each test, and counters must not.
                now = after.by(f"{RESPONSE_TIME}_count", "method", "name")
                theirs = {(row["Type"], row["Name"]): float(row["Request Count"])
                          for row in csv.DictReader(ask("/stats/requests/csv").splitlines())
                          if row["Name"] != "Aggregated"}
                self.assertEqual({request: count - counted.get(request, 0)
                                  for request, count in now.items()
                                  if count > counted.get(request, 0)}, theirs, run)
                counted = now

    def test_a_server_that_dies(self) -> None:
        with running("locustfile.py", *LOAD, *self.host, "--run-time", 2) as locust:
            self.scrape_when(locust, f"{RESPONSE_TIME}_count", USERS * SEEDED + 10)
            self.server.process.kill()
            self.assertEqual(locust.wait(), 1, locust.output())
            exposition = locust.exposition()
            self.agrees(exposition, locust.statistics())
            kinds = exposition.by("locust_failures_total", "kind")
            self.assertGreater(kinds["no_answer",], 0)
            self.assertEqual((kinds["status",], kinds["content",]), (0, 0))

    def test_a_server_that_stops_for_a_while_delays_all_that_was_due_meanwhile(self) -> None:
        rate = 50
        with running("scenarios/open_arrivals.py", *LOAD, *self.host, "--arrivals", "even",
                     "--arrival-rate", rate, "--run-time", 3) as locust:
            self.scrape_when(locust, f"{RESPONSE_TIME}_count", USERS * SEEDED + 10)
            os.kill(self.server.process.pid, signal.SIGSTOP)
            time.sleep(1)
            os.kill(self.server.process.pid, signal.SIGCONT)
            self.ends_well(locust)
            exposition = locust.exposition()
            self.agrees(exposition, locust.statistics())
        # One request of each user met the pause; those due in its first half waited for the second.
        self.assertLessEqual(exposition.slower_than(RESPONSE_TIME, 0.5), USERS)
        self.assertGreater(exposition.slower_than(INTENDED_START, 0.5), USERS * rate * 0.3)
        self.assertEqual(exposition.total("locust_dropped_arrivals_total"), 0)


    def test_a_client_that_is_late_after_a_pause_shows_it(self) -> None:
        with tempfile.TemporaryDirectory(prefix="busy-") as folder:
            locustfile = Path(folder) / "busy.py"
            locustfile.write_text(BUSY_LOCUSTFILE, encoding="utf-8")
            with running(str(locustfile), *LOAD, *self.host, "--run-time", 4) as locust:
                self.ends_well(locust)
                exposition = locust.exposition()
        late = exposition.slower_than(INTENDED_START, 0.15)
        self.assertGreater(late, 2 * USERS)
        # Hardly a request was under way when the client was busy.
        self.assertLess(exposition.slower_than(RESPONSE_TIME, 0.15), late / 2)


class FailingServer(http.server.BaseHTTPRequestHandler):
    """Fails to store every other product, and has the same one under every id."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        product_id = int(self.path.split("/")[2])
        self.answer(204 if product_id % 2 else 500, b"")

    def do_GET(self) -> None:
        self.answer(200, b'{"product_id":0}')

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Failures(Agreement):
    def test_are_told_by_kind(self) -> None:
        with serving(FailingServer) as address, running(
                "locustfile.py", *LOAD, "--host", f"http://{address}", "--run-time", 2) as locust:
            self.assertEqual(locust.wait(), 1, locust.output())
            exposition = locust.exposition()
            statistics = locust.statistics()
        self.agrees(exposition, statistics)
        posts = sum(row["num_failures"] for (method, _), row in statistics.items()
                    if method == "POST")
        gets = sum(row["num_failures"] for (method, _), row in statistics.items()
                   if method == "GET")
        self.assertGreaterEqual(posts, USERS * SEEDED / 2)
        self.assertGreater(gets, 0)
        self.assertEqual(exposition.by("locust_failures_total", "kind"),
                         {("no_answer",): 0, ("status",): posts, ("content",): gets})


class Refusals(unittest.TestCase):
    def refuses(self, *arguments: object) -> str:
        """The one line of why."""
        run = subprocess.run(
            command("locustfile.py", "--headless", "--host", "http://127.0.0.1:1",
                    "--run-time", "1", *arguments),
            env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertNotIn("Traceback", run.stderr)
        errors = [line for line in run.stderr.splitlines() if "/ERROR/" in line]
        self.assertEqual(len(errors), 1, run.stderr)
        return errors[0]

    def test_a_busy_port_says_what_to_do(self) -> None:
        port = free_port()
        with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as busy:
            metrics = ("--metrics-host", "127.0.0.1", "--metrics-port", busy.server_address[1])
            for workers in ((), ("--processes", 2, "--master-bind-port", port,
                                 "--master-port", port)):
                error = self.refuses(*metrics, *workers)
                for part in (str(busy.server_address[1]), "Address already in use",
                             "choose another --metrics-port"):
                    self.assertIn(part, error)

    def test_a_file_that_cannot_be_written_is_refused_before_the_run(self) -> None:
        error = self.refuses("--metrics-port", 0, "--metrics-file", "/nonexistent/metrics.prom")
        self.assertIn("--metrics-file needs a file in a folder that exists", error)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    productd = Path(sys.argv.pop(1)).resolve() / "productd"
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"
    unittest.main()
