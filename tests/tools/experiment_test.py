#!/usr/bin/env python3
"""run_experiment.py and observe.py with real servers and Locust, and their pages in Chromium.

  .venv/bin/python tests/tools/experiment_test.py build/release/bin [PICTURES]

The first argument is the directory of productd and go_peer; screenshots go to PICTURES if that is
given. Runs of four seconds: interrupted, gone on with, compared with the Go peer. Each page must
draw every chart, wide and narrow, light and dark, complain of nothing, and ask nobody but its own
server. Under a minute; listens on loopback only.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

import psutil

from browser import Page, chromium

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 90.0
VIEWS = (("wide", 1280, 900, False), ("dark", 1280, 900, True), ("phone", 390, 844, False))
#: True once every chart has something else in it than its axes: lines of two points, bars, cells.
ALL_DRAWN = """(() => {
  const canvases = [...document.querySelectorAll("canvas")];
  return canvases.length > 0 && canvases.every((canvas) => {
    const chart = Chart.getChart(canvas);
    const lines = chart ? chart.data.datasets.filter((one) => !one.unlisted) : [];
    const points = lines.flatMap((one) => one.data);
    const drawn = points.filter((point) => point !== null && point.y !== null).length >= 2;
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return drawn && pixels.some((value) => value !== 0);
  });
})()"""

programs = Path()
pictures: Optional[Path] = None


@contextlib.contextmanager
def program(script: str, *arguments: object) -> Iterator[subprocess.Popen]:
    """Ends with the block, with all that it started."""
    process = subprocess.Popen(
        [sys.executable, "-B", str(ROOT / "loadtest" / script), *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=TIMEOUT_SECONDS)


def wait_for(line: str, stream) -> list[str]:
    """All lines to the first that matches."""
    lines = []
    for text in stream:
        lines.append(text)
        if re.search(line, text):
            return lines
    raise AssertionError(f"no line {line!r} in {''.join(lines)}")


def experiment(output: Path, *arguments: object) -> list[object]:
    return ["--server-binary", programs / "productd", "--quick", "--users", "60",
            "--seconds", "4", "--seed-count", "5", "--output", output, *arguments]


def look_at(page: Page, url: str, name: str, test: unittest.TestCase) -> None:
    """In every view: all drawn, nothing complained of, nothing asked of others, no sideways scroll.
    """
    own = url.partition("?")[0] if url.startswith("file:") else "/".join(url.split("/")[:3])
    for view, width, height, dark in VIEWS:
        with test.subTest(name, view=view):
            page.open(url, width, height, dark)
            page.wait_until(lambda: page.evaluate(ALL_DRAWN))
            test.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
            if pictures:
                page.picture(pictures / f"{name}-{view}.png")
    test.assertEqual(page.complaints, [])
    strangers = [one for one in page.requests
                 if not one.startswith((own, "data:", "blob:", "about:"))]
    test.assertEqual(strangers, [])
    page.requests.clear()


class Experiment(unittest.TestCase):
    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="experiment-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)

    def finish(self, *arguments: object) -> tuple[int, str]:
        with program("run_experiment.py", *arguments) as process:
            _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
            return process.returncode, errors

    def interrupt(self, output: Path) -> None:
        """In the second of two runs."""
        with program("run_experiment.py", *experiment(output)) as process:
            wait_for("^run 2 of 2", process.stderr)
            started = psutil.Process(process.pid)
            while not any("locust" in " ".join(one.cmdline()) for one in
                          started.children(recursive=True)):
                time.sleep(0.05)
            children = started.children(recursive=True)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual(process.returncode, 130, errors)
        _, left = psutil.wait_procs(children, timeout=0)
        self.assertEqual(left, [], "left running")
        self.assertIn("Not finished: 1 of 2 runs", (output / "report.md").read_text())

    def test_an_interrupted_experiment_goes_on_is_compared_and_shown(self) -> None:
        output, other = self.folder / "productd", self.folder / "go_peer"
        self.interrupt(output)

        status, errors = self.finish(*experiment(output))
        self.assertEqual(status, 0, errors)
        self.assertIn("60 users, HttpUser: kept from before", errors)
        results = json.loads((output / "results.json").read_text())
        self.assertNotIn("Not finished", " ".join(results["notes"]))
        self.check_figures(results)

        status, errors = self.finish(*experiment(output, "--seed-count", "6"))
        self.assertEqual(status, 1)
        self.assertIn("seed_count was 5 and is 6", errors)

        peer = ["--server-binary", programs / "go_peer", "--clients", "fast"]
        status, errors = self.finish(*experiment(other, *peer))
        self.assertEqual(status, 0, errors)
        status, errors = self.finish(*experiment(output, "--compare", other))
        self.assertEqual(status, 0, errors)
        self.assertIn("productd and go_peer", (output / "compare.md").read_text())

        for name in ("rates", "percentiles", "distributions", "processors"):
            self.assertIn("</svg>", (output / f"{name}.svg").read_text())
        with chromium() as page:
            look_at(page, f"file://{output}/report.html", "report", self)
            page.evaluate("document.querySelector('#chooser button').click()")
            self.assertTrue(page.evaluate(ALL_DRAWN))
            self.assertEqual(page.complaints, [])
            look_at(page, f"file://{output}/compare.html", "compare", self)

    def check_figures(self, results: dict) -> None:
        self.assertEqual([one["name"] for one in results["runs"]], ["60-http", "60-fast"])
        for one in results["runs"]:
            with self.subTest(one["name"]):
                self.assertEqual(one["failures"], 0)
                self.assertEqual(one["locust"]["seed_count"], 60 * 5)
                views = one["views"]["get"]
                self.assertEqual(views["sent"]["count"], views["intended"]["count"])
                # Locust gives up what is under way at its end, which the server has counted.
                self.assertLessEqual(abs(views["server"]["count"] - views["sent"]["count"]), 60)
                self.assertGreater(views["sent"]["count"], 10)
                self.assertLess(views["server"]["p50"], views["sent"]["p50"])
                self.assertLessEqual(views["sent"]["p99"], views["intended"]["p99"] * 1.1)
                self.assertGreater(one["client_cpu"]["mean"], 0)
                self.assertGreater(len(one["curves"]["client"]), 1)

    def test_the_live_page_draws_a_run_while_it_is_made(self) -> None:
        arguments = experiment(self.folder / "live", "--clients", "fast", "--seconds", "30",
                               "--live-page-port", "0")
        with program("run_experiment.py", *arguments) as process:
            url = wait_for("^live page", process.stderr)[-1].split()[2]
            children = psutil.Process(process.pid).children(recursive=True)
            with chromium() as page:
                page.open(url + "/", 1280, 900, False)
                page.wait_until(lambda: page.evaluate(ALL_DRAWN))
                self.assertEqual(page.complaints, [])
            children += psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual(process.returncode, 130)
        _, left = psutil.wait_procs(children, timeout=0)
        self.assertEqual(left, [], "left running")

    def test_a_server_that_is_not_there_is_named(self) -> None:
        status, errors = self.finish("--host", "127.0.0.1:9", "--output", self.folder / "nobody")
        self.assertEqual(status, 1)
        self.assertIn("nothing answers at http://127.0.0.1:9/health", errors)


class Observe(unittest.TestCase):
    PORTS = [f"--{name}-port=0" for name in
             ("page", "http", "prometheus", "locust", "locust-metrics", "grafana")]

    def observe(self, *arguments: object):
        return program("observe.py", "--server-binary", programs / "productd",
                       "--scrape-seconds", "1", *self.PORTS, *arguments)

    def test_the_page_draws_the_dashboards_and_nothing_is_left_behind(self) -> None:
        with self.observe("--users", "20") as process:
            lines = wait_for("Ctrl-C", process.stdout)
            url = next(line.split()[2] for line in lines if line.startswith("live page"))
            children = psutil.Process(process.pid).children(recursive=True)
            self.assertEqual(len(children), 3, children)
            with chromium() as page:
                look_at(page, url + "/", "live", self)
                self.look_at_all_boards(page)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual((process.returncode, errors), (0, ""))
        _, left = psutil.wait_procs(children, timeout=0)
        self.assertEqual(left, [], "left running")

    def look_at_all_boards(self, page: Page) -> None:
        names = page.evaluate("dashboards.map((one) => one.name)")
        self.assertEqual({f"{name}.json" for name in names},
                         {file.name for file in (ROOT / "dashboards").glob("*.json")})
        for index, name in enumerate(names):
            with self.subTest(name):
                page.evaluate(f"document.querySelectorAll('#chooser button')[{index}].click()")
                page.wait_until(lambda: page.evaluate(
                    "panels.some((one) => one.canvas && charts.has(one.canvas)"
                    " && !one.frame.classList.contains('empty'))"))
        self.assertEqual(page.complaints, [])

    def test_a_port_that_is_taken_is_named_with_its_flag(self) -> None:
        with self.observe("--no-locust") as first:
            lines = wait_for("Ctrl-C", first.stdout)
            taken = next(line for line in lines if line.startswith("productd")).split()[1]
            port = taken.rpartition(":")[2]
            with self.observe("--no-locust", "--http-port", port) as second:
                _, errors = second.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual(second.returncode, 1)
        self.assertRegex(errors, f"port {port}: .*--http-port another")

    def test_a_grafana_is_started_with_our_dashboards(self) -> None:
        with tempfile.TemporaryDirectory(prefix="grafana-") as name:
            folder = Path(name)
            # What it is started with; it answers as Grafana does when it is up.
            (folder / "grafana").write_text(f"""#!{sys.executable}
import http.server, os, pathlib, sys
pathlib.Path({str(folder)!r}, "seen").write_text(
    " ".join(sys.argv[1:]) + "".join(path.read_text() for path in
        pathlib.Path(os.environ["GF_PATHS_PROVISIONING"]).rglob("*.yaml")))
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer((os.environ["GF_SERVER_HTTP_ADDR"],
                        int(os.environ["GF_SERVER_HTTP_PORT"])), Health).serve_forever()
""")
            (folder / "grafana").chmod(0o755)
            os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
            try:
                with self.observe("--no-locust") as process:
                    lines = "".join(wait_for("Ctrl-C", process.stdout))
            finally:
                os.environ["PATH"] = os.environ["PATH"].partition(":")[2]
            seen = (folder / "seen").read_text()
            prometheus = re.search(r"^Prometheus +(\S+)", lines, re.M)[1]
            self.assertTrue(seen.startswith("server"))
            self.assertIn(f"url: {prometheus}", seen)
            self.assertIn(f"path: {ROOT / 'dashboards'}", seen)
            self.assertRegex(lines, r"(?m)^Grafana +http://127.0.0.1:\d+")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    programs = Path(sys.argv.pop(1)).resolve()
    if len(sys.argv) > 1 and "." not in sys.argv[1]:
        pictures = Path(sys.argv.pop(1)).resolve()
        pictures.mkdir(parents=True, exist_ok=True)
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"
    unittest.main()
