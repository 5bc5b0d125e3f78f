"""Prometheus and the live page beside the runs of an experiment."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from experiment import live_page, watchers
from experiment.watchers import Prometheus, port_of
from servers import ROOT

DASHBOARDS = ROOT / "dashboards"
SCRAPE_SECONDS = 2


class LiveRuns:
    """What a browser sees while runs are made. Each run has another server, and another Locust."""

    def __init__(self, address: str, prometheus: Prometheus) -> None:
        #: Of the page: "http://127.0.0.1:8081".
        self.address = address
        self._prometheus = prometheus

    def watch(self, server: str, locust: str) -> None:
        """From now on these two, each an ADDRESS:PORT with /metrics."""
        self._prometheus.look_at(server, locust)


@contextlib.contextmanager
def live_runs(port: int, reports: Path) -> Iterator[LiveRuns]:
    """On a port of 127.0.0.1, a free one for 0; `reports` has the directories of experiments."""
    page_port = port_of("live_page", port)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="live-runs-")))
        prometheus = stack.enter_context(watchers.prometheus(
            DASHBOARDS, folder, port_of("prometheus", 0), SCRAPE_SECONDS))
        page = live_page.live_page(DASHBOARDS, SCRAPE_SECONDS, [
            ("Prometheus", prometheus.address, "rules and alerts"),
            *live_page.report_links(reports)])
        stack.enter_context(live_page.serving(page_port, page, prometheus.address, reports))
        yield LiveRuns(f"http://127.0.0.1:{page_port}", prometheus)
