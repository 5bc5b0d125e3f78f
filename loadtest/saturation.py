"""Judges whether more users still bring more requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_FAILURES = 0.01
#: Of one core; beyond that a Locust process mostly measures itself.
BUSY_CLIENT = 0.9
#: Of the growth that users would bring if each got what those before it got.
LEAST_GROWTH = 0.2
#: Steps in a row: a single one may have met a pause of the machine.
STEPS_WITHOUT_GROWTH = 2


@dataclass(frozen=True)
class Step:
    users: int
    requests_per_second: float
    failures_per_second: float
    #: Of the client's response times.
    p99_seconds: float
    #: Of the Locust process that is busiest, in cores.
    client_cpu: float

    def __str__(self) -> str:
        return (f"{self.users} users: {self.requests_per_second:,.0f} requests/s, "
                f"p99 {self.p99_seconds * 1000:.3g} ms, client {self.client_cpu:.0%} of a core")


def verdict(steps: Sequence[Step]) -> str:
    """A sentence once the last step shows the end of the ramp; empty while it may go on."""
    last = steps[-1]
    if not last.requests_per_second:
        return f"No request was answered with {last.users} users: is the server there?"
    if last.failures_per_second > MOST_FAILURES * last.requests_per_second:
        share = last.failures_per_second / last.requests_per_second
        return f"The server fails: {share:.0%} of the requests failed at {last}."
    if last.client_cpu > BUSY_CLIENT:
        return (f"The load generator is saturated, not the server: {last}. "
                "Give it more processes (--processes) or machines.")
    if len(steps) > STEPS_WITHOUT_GROWTH and not any(
            _grew(*pair) for pair in zip(steps[-STEPS_WITHOUT_GROWTH - 1:],
                                         steps[-STEPS_WITHOUT_GROWTH:])):
        knee = steps[-STEPS_WITHOUT_GROWTH - 1]
        gain = last.requests_per_second / knee.requests_per_second - 1
        return (f"Saturated at {knee}; {last.users - knee.users} users more brought {gain:+.0%} "
                f"requests and a p99 of {last.p99_seconds * 1000:.3g} ms.")
    return ""


def _grew(before: Step, after: Step) -> bool:
    users = after.users / before.users - 1
    return after.requests_per_second > before.requests_per_second * (1 + LEAST_GROWTH * users)
