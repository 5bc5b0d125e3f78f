"""The part of the bench that asks what a scrape of /metrics costs, and whom.

Prometheus comes every 15 to 60 seconds; here it comes every second, to a productd that has shown
every series it can.
"""

from __future__ import annotations

import http.client
import itertools
import os
import statistics
import threading
import time
from pathlib import Path

import goals
from figures import FigureError
from open_loop_load import OpenLoopRun, measure, write_catalogue
from report import Report, notes, other_programs, progress, spread, table
from servers import Server, command_for, running

READS_PER_SECOND = 10_000
PRODUCTS = 1000
SCRAPES = 200
SECONDS_BETWEEN = 1.0
TIMEOUT_SECONDS = 10.0
# Whatever a client may try, each with and without what makes the answer another one: the paths of
# every route and of none.
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
PATHS = ("/products/1", "/products/999999", "/products/x", "/products/1/details",
         "/products/x/details", "/products", "/products?limit=x", "/products/batch", "/health",
         "/healthz", "/readyz", "/metrics", "/version", "/openapi.json", "/admin/backup", "/none")
PRODUCT = (b'{"product_id":1,"sku":"s","manufacturer":"m","category_id":1,"weight":1,'
           b'"some_other_id":1}')
BODIES = (b"", b"{", PRODUCT, b" " * 100_000)
HEADERS: tuple[dict[str, str], ...] = (
    {}, {"If-Match": '"0"'}, {"If-None-Match": "*"}, {"Accept": "text/none"},
    {"Content-Type": "application/x-ndjson"}, {"Host": "a b"}, {"Transfer-Encoding": "gzip"})


class ScrapeBench:
    """Measures productd alone; what it finds goes to a report."""

    def __init__(self, bin_dir: Path, quick: bool, report: Report) -> None:
        self._productd = bin_dir.absolute() / "productd"
        self._open_loop = bin_dir.absolute() / "open_loop"
        self._report = report
        self._rounds = 2 if quick else 7
        self._seconds = 2 if quick else 5

    def scrape(self) -> None:
        """The CPU of a scrape, and reads with and without one a second beside them."""
        runs: dict[str, list[OpenLoopRun]] = {"reads alone": [], "reads beside scrapes": []}
        command = command_for(self._productd, len(os.sched_getaffinity(0)))
        with running("productd", command) as server:
            progress("scrape: showing every series")
            show_every_series(server.address)
            preload(self._open_loop, server)
            progress(f"scrape: {SCRAPES} of them")
            cpu_seconds, size, series = cost_of_one(server)
            for turn in range(1, self._rounds + 1):
                for name in sorted(runs, reverse=turn % 2 == 0):
                    progress(f"scrape, round {turn} of {self._rounds}: {name}")
                    with Scraper(server.address, enabled="scrapes" in name) as scraper:
                        runs[name].append(measure(self._open_loop, server, READS_PER_SECOND, 0,
                                                  PRODUCTS, self._seconds, seed=turn))
                    scraper.check()
        alone, beside = ([run.get for run in of] for of in runs.values())
        ratios = [one.p99_us / other.p99_us for one, other in zip(beside, alone)]
        rows = [[name, spread([run.get.p50_us / 1000 for run in of], "{:.3f}"),
                 spread([run.get.p99_us / 1000 for run in of], "{:.3f}"),
                 spread([run.get.p999_us / 1000 for run in of], "{:.3f}")]
                for name, of in runs.items()]
        problems = [f"{name}: {problem}" for name, of in runs.items() for run in of
                    for problem in run.problems]
        self._report.section(
            f"A scrape a second beside {READS_PER_SECOND:,} reads/s at a fixed rate",
            table(["", "p50 ms", "p99 ms", "p99.9 ms"], rows),
            other_programs([run.others_share for of in runs.values() for run in of]),
            notes([f"a scrape of {series} series of request durations, {size / 1e3:.0f} kB: "
                   f"{cpu_seconds * 1000:.2f} ms of CPU, rendered and sent, mean of {SCRAPES}",
                   *problems]))
        self._report.judge("scrape", f"{cpu_seconds * 1000:.2f} ms, {series} series",
                           cpu_seconds < goals.SCRAPE_SECONDS)
        ratio = statistics.median(ratios)
        kept = all(run.kept_rate for of in runs.values() for run in of)
        self._report.judge("scrape p99", spread(ratios, "{:.2f} x"),
                           kept and ratio <= goals.READS_BESIDE_SCRAPES)


class Scraper:
    """Asks for /metrics once a second, on a thread, for the length of a with block."""

    def __init__(self, address: str, enabled: bool) -> None:
        self._address = address
        self._enabled = enabled
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure = ""

    def __enter__(self) -> Scraper:
        if self._enabled:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._enabled:
            self._thread.join()

    def check(self) -> None:
        """Raises FigureError when a scrape has failed."""
        if self._failure:
            raise FigureError(f"GET /metrics: {self._failure}")

    def _run(self) -> None:
        try:
            while not self._ended.wait(SECONDS_BETWEEN):
                get_metrics(self._address)
        except (OSError, http.client.HTTPException, FigureError) as error:
            self._failure = str(error)


def show_every_series(address: str) -> None:
    """Sends what a client can think of, once each; what the answers are does not matter."""
    for method, path, body, headers in itertools.product(METHODS, PATHS, BODIES, HEADERS):
        connection = http.client.HTTPConnection(address, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body=body or None, headers=headers)
            connection.getresponse().read()
        except (http.client.HTTPException, ConnectionError):
            continue  # refused before all was sent: counted all the same
        finally:
            connection.close()


def preload(open_loop: Path, server: Server) -> None:
    """Products 1..PRODUCTS, which the reads ask for."""
    catalogue = Path(f"/proc/{server.pid}/cwd").resolve() / "catalogue.ndjson"
    write_catalogue(open_loop, PRODUCTS, catalogue)
    connection = http.client.HTTPConnection(server.address, timeout=TIMEOUT_SECONDS)
    connection.request("POST", "/products/batch", body=catalogue.read_bytes(),
                       headers={"Content-Type": "application/x-ndjson"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise FigureError(f"POST /products/batch: {answer.status} {answer.read()!r}")
    connection.close()


def cost_of_one(server: Server) -> tuple[float, int, int]:
    """CPU seconds and bytes of a scrape, and how many series of request durations are in it."""
    text = get_metrics(server.address)
    series = text.count(b"http_request_duration_seconds_count{")
    before = server.cpu_seconds()
    began = time.monotonic()
    for _ in range(SCRAPES):
        size = len(get_metrics(server.address))
    if time.monotonic() - began > 100 * SCRAPES * goals.SCRAPE_SECONDS:
        raise FigureError(f"{SCRAPES} scrapes took {time.monotonic() - began:.0f} s")
    return (server.cpu_seconds() - before) / SCRAPES, size, series


def get_metrics(address: str) -> bytes:
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise FigureError(f"status {answer.status}")
    return text
