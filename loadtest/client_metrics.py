"""What the load generator counts, and how it is written for Prometheus.

The text is made here and not by prometheus-client (0.26): that takes milliseconds for six
histograms, some forty times as long, and while it is made no user of this process runs. Its pause
would be in the tail of the latencies that are measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

from latency_histogram import LE, LatencyHistogram

RESPONSE_TIME = "locust_response_time_seconds"
INTENDED_START = "locust_intended_start_latency_seconds"
#: Why a request failed: nobody answered, or with a wrong status, or with a wrong body.
FAILURE_KINDS = ("no_answer", "status", "content")

HELP = {
    RESPONSE_TIME: "From sending a request to the end of its response.",
    INTENDED_START: "From when a request should have begun to the end of its response.",
    "locust_failures_total": "Requests that failed, by kind.",
    "locust_users": "Users that run.",
    "locust_process_cpu_seconds_total":
        "User and system time of a Locust process, which uses one core at most.",
    "locust_dropped_arrivals_total":
        "Arrivals that never became a request, because too many before them were late.",
}


class _Series:
    """All about the requests of one method and name."""

    __slots__ = ("response_time", "intended_start", "failures")

    def __init__(self) -> None:
        self.response_time = LatencyHistogram()
        self.intended_start = LatencyHistogram()
        self.failures = dict.fromkeys(FAILURE_KINDS, 0)


class ClientMetrics:
    """Of one process, or, in a master, of all its workers."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], _Series] = {}
        self._lines: dict[tuple[str, str, str], list[str]] = {}
        self._dropped_arrivals = 0
        #: By the name of the process: when, since the epoch, and how much by then; seconds both.
        self.processor_times: dict[str, tuple[float, float]] = {}

    def record(self, method: str, name: str, response_time: float, lateness: float) -> None:
        """`lateness` is what passed between the intended start and the sending. Seconds both."""
        series = self._series.get((method, name)) or self._add_series(method, name)
        series.response_time.record(response_time)
        series.intended_start.record(lateness + response_time)

    def record_failure(self, method: str, name: str, kind: str) -> None:
        series = self._series.get((method, name)) or self._add_series(method, name)
        series.failures[kind] += 1

    def record_dropped_arrivals(self, arrivals: int) -> None:
        self._dropped_arrivals += arrivals

    def response_counts(self) -> list[int]:
        """Of all requests, by the bucket of their response time."""
        total = LatencyHistogram()
        for series in self._series.values():
            total.add(series.response_time.counts, 0.0)
        return total.counts

    def take(self) -> dict[str, Any]:
        """All since the last time, for `merge` in another process; only what msgpack can carry."""
        report = {"series": [[method, name, *series.response_time.take(),
                              *series.intended_start.take(), series.failures]
                             for (method, name), series in self._series.items()],
                  "dropped_arrivals": self._dropped_arrivals}
        self._series = {}
        self._dropped_arrivals = 0
        return report

    def merge(self, report: Mapping[str, Any]) -> None:
        for method, name, counts, seconds, intended_counts, intended_seconds, failures in (
                report["series"]):
            series = self._series.get((method, name)) or self._add_series(method, name)
            series.response_time.add(counts, seconds)
            series.intended_start.add(intended_counts, intended_seconds)
            for kind, count in failures.items():
                series.failures[kind] += count
        self._dropped_arrivals += report["dropped_arrivals"]

    def render(self, users: Mapping[str, int]) -> str:
        """The text format 0.0.4; `users` are by their class."""
        lines: list[str] = []
        for metric in (RESPONSE_TIME, INTENDED_START):
            lines += _head(metric, "histogram")
            for (method, name), series in self._series.items():
                histogram = (series.response_time if metric == RESPONSE_TIME
                             else series.intended_start)
                lines += self._histogram(metric, method, name, histogram)
        failures = [(_labels(method=method, name=name, kind=kind), count)
                    for (method, name), series in self._series.items()
                    for kind, count in series.failures.items()]
        lines += _plain("locust_failures_total", "counter", failures)
        lines += _plain("locust_users", "gauge",
                        [(_labels(user_class=name), count) for name, count in users.items()])
        lines += _plain("locust_process_cpu_seconds_total", "counter",
                        [(_labels(process=name), round(seconds, 6))
                         for name, (_, seconds) in self.processor_times.items()])
        lines += _plain("locust_dropped_arrivals_total", "counter",
                        [("", self._dropped_arrivals)])
        return "\n".join(lines) + "\n"

    def _add_series(self, method: str, name: str) -> _Series:
        return self._series.setdefault((method, name), _Series())

    def _histogram(self, metric: str, method: str, name: str,
                   histogram: LatencyHistogram) -> Iterable[str]:
        key = metric, method, name
        starts = self._lines.get(key)
        if starts is None:
            labels = _labels(method=method, name=name)
            starts = self._lines[key] = [
                *(f'{metric}_bucket{{{labels[1:-1]},le="{le}"}} ' for le in LE),
                f"{metric}_count{labels} ", f"{metric}_sum{labels} "]
        cumulative = list(accumulate(histogram.counts))
        return map("{}{}".format, starts, [*cumulative, cumulative[-1], histogram.seconds])


def _head(metric: str, kind: str) -> list[str]:
    return [f"# HELP {metric} {HELP[metric]}", f"# TYPE {metric} {kind}"]


def _plain(metric: str, kind: str, samples: Iterable[tuple[str, float]]) -> list[str]:
    return _head(metric, kind) + [f"{metric}{labels} {value}" for labels, value in samples]


def _labels(**labels: str) -> str:
    """In braces, as the text format escapes them."""
    def escaped(value: str) -> str:
        return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return "{" + ",".join(f'{key}="{escaped(value)}"' for key, value in labels.items()) + "}"
