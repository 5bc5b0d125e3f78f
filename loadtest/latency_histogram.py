"""The histogram of latencies that load generator and server share.

Its bounds are those of server/metrics/histogram_layout.h, digit by digit, so that buckets of both
may stand side by side: 129 of them from 50 us to 10 s, each 1.10 times the one before, and one more
bucket for what is longer. A bucket includes its upper bound, as `le` says.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from fractions import Fraction

FIRST_NANOSECONDS = 50e3
LAST_NANOSECONDS = 10**10
BOUNDED_BUCKETS = 129
# (last / first) ^ (1 / 128): equal steps that meet both ends.
RATIO = 1.1000547403747718


def _upper_bounds() -> tuple[float, ...]:
    bounds = []
    exact = FIRST_NANOSECONDS
    for _ in range(BOUNDED_BUCKETS):
        unit = 1
        while exact / unit >= 10_000:
            unit *= 10
        rounded = int(exact / unit + 0.5) * unit
        # A bound that is not itself when it is printed with 16 digits gives way to the next.
        while Fraction(f"{rounded / 1e9:.16g}") != Fraction(rounded, 10**9):
            rounded += unit
        bounds.append(rounded)
        exact *= RATIO
    bounds[-1] = LAST_NANOSECONDS
    return tuple(bound / 1e9 for bound in bounds)


#: Seconds, ascending.
UPPER_BOUNDS = _upper_bounds()
#: As the exposition has them, the last bucket's too.
LE = (*(f"{bound:.16g}" for bound in UPPER_BOUNDS), "+Inf")


class LatencyHistogram:
    """Counts by bucket, and the sum. Recording takes a search in a tuple and two additions."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * len(LE)
        self.seconds = 0.0

    def record(self, seconds: float) -> None:
        self.counts[bisect.bisect_left(UPPER_BOUNDS, seconds)] += 1
        self.seconds += seconds

    def add(self, counts: Sequence[int], seconds: float) -> None:
        """What another histogram has recorded."""
        self.counts = [mine + other for mine, other in zip(self.counts, counts, strict=True)]
        self.seconds += seconds

    def take(self) -> tuple[list[int], float]:
        """All that was recorded since the last time, which this histogram then forgets."""
        taken = self.counts, self.seconds
        self.counts = [0] * len(LE)
        self.seconds = 0.0
        return taken


def quantile(counts: Sequence[int], q: float) -> float:
    """The upper bound, in seconds, of the bucket that holds the quantile; 0 of nothing.

    Beyond the last bound it is infinite.
    """
    wanted = q * sum(counts)
    seen = 0
    for count, bound in zip(counts, (*UPPER_BOUNDS, float("inf"))):
        seen += count
        if count and seen >= wanted:
            return bound
    return 0.0
