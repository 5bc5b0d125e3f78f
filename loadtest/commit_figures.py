"""What the commits of productd cost, by its own metrics: the reason behind a latency of writes."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass

_SAMPLE = re.compile(r'^(\w+)(?:\{le="([^"]+)"\})? (\S+)$')
_DURATION = "productd_commit_duration_seconds"
_SIZE = "productd_commit_batch_size"


@dataclass(frozen=True)
class Commits:
    """Of the time between two scrapes."""

    count: int
    changes: float
    p50_seconds: float
    p99_seconds: float

    def __str__(self) -> str:
        if self.count == 0:
            return "no commit"
        return (f"{self.count:,} commits of {self.changes / self.count:.1f} changes; the engine "
                f"took {self.p50_seconds * 1000:.1f} ms at the median, "
                f"{self.p99_seconds * 1000:.1f} ms at p99")


def scrape(address: str) -> dict[tuple[str, str], float]:
    """The samples that have no label but a histogram's le, by name and le ("" without)."""
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    found = (_SAMPLE.match(line) for line in text.splitlines())
    return {(match[1], match[2] or ""): float(match[3]) for match in found if match}


def between(before: dict[tuple[str, str], float],
            after: dict[tuple[str, str], float]) -> Commits:
    grown = {key: value - before.get(key, 0) for key, value in after.items()}
    return Commits(int(grown[f"{_DURATION}_count", ""]), grown[f"{_SIZE}_sum", ""],
                   _quantile(grown, 0.50), _quantile(grown, 0.99))


def _quantile(grown: dict[tuple[str, str], float], quantile: float) -> float:
    """The upper end of the bucket that holds it: at most 10 % above the true one."""
    buckets = sorted((float(bound), count) for (name, bound), count in grown.items()
                     if name == f"{_DURATION}_bucket" and bound != "+Inf")
    wanted = quantile * grown[f"{_DURATION}_count", ""]
    return next((bound for bound, count in buckets if count >= wanted), float("inf"))
