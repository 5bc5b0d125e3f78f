"""Serves the live page: the dashboards drawn by our own charts, for who has no Grafana.

It answers for Prometheus, too (/api/v1/query_range), so that a browser needs this one port only,
and shows the reports of experiments that are in their directory.
"""

from __future__ import annotations

import contextlib
import html
import http.server
import mimetypes
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from experiment import report_page
from experiment.dashboard_panels import read

QUERY_PATH = "/api/v1/query_range"
REPORTS_PATH = "/experiments/"
#: What of an experiment's directory is shown.
REPORT_SUFFIXES = (".html", ".md", ".svg", ".csv", ".json")
QUERY_TIMEOUT_SECONDS = 10.0


def live_page(dashboards: Path, scrape_seconds: int, links: list[tuple[str, str, str]]) -> str:
    """`links` are name, address and what is there."""
    shown = "".join(f'<li><a href="{html.escape(address)}">{html.escape(name)}</a> '
                    f'<span class="quiet">{html.escape(what)}</span></li>'
                    for name, address, what in links)
    body = f"""
<h1>productd, live</h1>
<p class="quiet">The last five minutes, every {scrape_seconds} s; the panels are those of the
Grafana dashboards. <span id="state" role="status">Waiting for Prometheus.</span></p>
<details><summary>Where else to look</summary><ul>{shown}</ul></details>
<div class="chooser" id="chooser"></div><div id="board"></div>"""
    return report_page.page("productd, live", body, ["charts.js", "live.js"],
                            {"dashboards": read(dashboards, scrape_seconds),
                             "scrape_seconds": scrape_seconds})


def reports(directory: Path) -> list[Path]:
    """Every report and comparison, the newest first."""
    found = [*directory.glob("*/report.html"), *directory.glob("*/compare.html")]
    return sorted(found, key=lambda file: file.stat().st_mtime, reverse=True)


def report_links(directory: Path) -> list[tuple[str, str, str]]:
    """Those, as links of a live page that serves `directory`."""
    return [(f"{file.parent.name}, {file.stem}",
             f"{REPORTS_PATH}{file.parent.name}/{file.name}", "an experiment")
            for file in reports(directory)]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page)
        elif path == QUERY_PATH:
            self._query(query)
        elif path.startswith(REPORTS_PATH):
            self._report(urllib.parse.unquote(path.removeprefix(REPORTS_PATH)))
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"no such page\n")

    def _query(self, query: str) -> None:
        try:
            with urllib.request.urlopen(f"{self.server.prometheus}{QUERY_PATH}?{query}",
                                        timeout=QUERY_TIMEOUT_SECONDS) as answer:
                self._answer(HTTPStatus.OK, "application/json", answer.read())
        except urllib.error.HTTPError as error:
            self._answer(HTTPStatus(error.code), "application/json", error.read())
        except OSError as error:
            self._answer(HTTPStatus.BAD_GATEWAY, "text/plain", f"Prometheus: {error}\n".encode())

    def _report(self, name: str) -> None:
        root = self.server.reports.resolve()
        file = (root / name).resolve()
        if (root in file.parents and file.suffix in REPORT_SUFFIXES and file.is_file()):
            kind = mimetypes.guess_type(file.name)[0] or "text/plain"
            self._answer(HTTPStatus.OK, f"{kind}; charset=utf-8", file.read_bytes())
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"no such report\n")

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        # A reader who has gone away needs no answer.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    page = b""
    prometheus = ""
    reports = Path()


@contextlib.contextmanager
def serving(port: int, page: str, prometheus: str, reports_directory: Path) -> Iterator[None]:
    """On 127.0.0.1 for the length of the block."""
    with _Server(("127.0.0.1", port), _Handler) as server:
        server.page = page.encode()
        server.prometheus = prometheus
        server.reports = reports_directory
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
