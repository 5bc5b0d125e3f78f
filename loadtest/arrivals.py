"""A schedule of arrivals that does not wait for anybody."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable


def poisson(rate: float) -> Callable[[], float]:
    """Gaps of arrivals that know nothing of each other, as those of many people; seconds."""
    return lambda: random.expovariate(rate)


def even(rate: float) -> Callable[[], float]:
    return lambda: 1 / rate


class Arrivals:
    """Arrivals from `first` on, served one after the other in their order.

    Those that are due and not yet taken wait in a line of `limit`; who comes when the line is full
    is dropped and counted. An endless line would only tell how long the test has run.
    """

    def __init__(self, first: float, gap: Callable[[], float], limit: int) -> None:
        self._next = first
        self._gap = gap
        self._limit = limit
        self._line: deque[float] = deque()
        self.dropped = 0

    def take(self, now: float) -> float:
        """When the next to be served came, or, if nobody waits, will come."""
        while self._next <= now:
            if len(self._line) < self._limit:
                self._line.append(self._next)
            else:
                self.dropped += 1
            self._next += self._gap()
        if self._line:
            return self._line.popleft()
        coming = self._next
        self._next += self._gap()
        return coming
