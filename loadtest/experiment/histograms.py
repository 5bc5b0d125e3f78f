"""Prometheus text and the histograms in it: differences, sums, quantiles, distributions."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SERIES = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Histogram:
    """Counts by bucket; `bounds` are the upper ends, ascending, the last one infinite.

    Histograms that are added or subtracted have the same bounds, or no bounds at all: the empty
    one, which is what a series is before its first request.
    """

    bounds: tuple[float, ...] = ()
    #: In each bucket alone, not in it and all below.
    counts: tuple[float, ...] = ()

    @property
    def count(self) -> float:
        return sum(self.counts)

    def __add__(self, other: Histogram) -> Histogram:
        if not self.bounds or not other.bounds:
            return self if self.bounds else other
        if self.bounds != other.bounds:
            raise ValueError("histograms with different buckets cannot be added")
        return Histogram(self.bounds, tuple(map(sum, zip(self.counts, other.counts))))

    def since(self, earlier: Histogram) -> Histogram:
        """What came after `earlier` of the same series; a counter never falls within a run."""
        if not earlier.bounds:
            return self
        if self.bounds != earlier.bounds:
            raise ValueError("histograms with different buckets cannot be subtracted")
        return Histogram(self.bounds, tuple(
            max(0.0, now - before) for now, before in zip(self.counts, earlier.counts)))

    def bucket_of(self, quantile: float) -> int | None:
        """The index of the bucket that holds the quantile; None when there is nothing in any."""
        if self.count == 0:
            return None
        rank = quantile * self.count
        for index, below in enumerate(itertools.accumulate(self.counts)):
            if below >= rank and below > 0:
                return index
        return len(self.counts) - 1

    def quantile(self, quantile: float) -> float | None:
        """As Prometheus' histogram_quantile has it: linear within the bucket, from 0 in the first.

        What lies in the infinite bucket reads as the last finite bound.
        """
        index = self.bucket_of(quantile)
        if index is None:
            return None
        if math.isinf(self.bounds[index]):
            return self.bounds[index - 1] if index else None
        lower = self.bounds[index - 1] if index else 0.0
        below = sum(self.counts[:index])
        part = (quantile * self.count - below) / self.counts[index]
        return lower + (self.bounds[index] - lower) * min(1.0, max(0.0, part))

    def count_from(self, index: int) -> float:
        """How many are in the bucket `index` and those above it."""
        return sum(self.counts[index:])

    def distribution(self) -> list[tuple[float, float]]:
        """Points (upper end, share at or below it), from the last empty bucket to the first 1."""
        total = self.count
        points = []
        below = 0.0
        for bound, count in zip(self.bounds, self.counts):
            below += count
            if total and not math.isinf(bound) and (count or points):
                points.append((bound, round(below / total, 6)))
                if below >= total:
                    break
        return points

    def sparse(self) -> dict[str, float]:
        """Counts that are not 0 by their bucket's index, for a file."""
        return {str(index): count for index, count in enumerate(self.counts) if count}

    @staticmethod
    def from_sparse(bounds: Sequence[float], counts: dict[str, float]) -> Histogram:
        if not counts:
            return Histogram()
        return Histogram(tuple(bounds), tuple(
            counts.get(str(index), 0.0) for index in range(len(bounds))))


def total(histograms: Iterator[Histogram]) -> Histogram:
    return sum(histograms, Histogram())


class Exposition:
    """What one scrape said. Series are chosen by the labels that are given; others do not matter.
    """

    def __init__(self, text: str) -> None:
        self._series: dict[str, list[tuple[dict[str, str], float]]] = {}
        for line in text.splitlines():
            match = _SERIES.match(line)
            if match:
                name, labels, value = match.groups()
                self._series.setdefault(name, []).append(
                    (dict(_LABEL.findall(labels or "")), float(value)))

    def sum(self, metric: str, /, **labels: str) -> float | None:
        """Of all series; None when there is none."""
        values = [value for _, value in self._chosen(metric, labels)]
        return sum(values) if values else None

    def histogram(self, metric: str, /, **labels: str) -> Histogram:
        """Of all series together; empty when there is none."""
        cumulative: dict[float, float] = {}
        for own, value in self._chosen(f"{metric}_bucket", labels):
            bound = float(own["le"])
            cumulative[bound] = cumulative.get(bound, 0.0) + value
        bounds = tuple(sorted(cumulative))
        counts = [cumulative[bound] for bound in bounds]
        return Histogram(bounds, tuple(
            max(0.0, here - below) for here, below in zip(counts, [0.0, *counts])))

    def _chosen(self, metric: str,
                labels: dict[str, str]) -> Iterator[tuple[dict[str, str], float]]:
        for own, value in self._series.get(metric, []):
            if all(own.get(label) == wanted for label, wanted in labels.items()):
                yield own, value
