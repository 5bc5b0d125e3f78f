"""What is run, and what the published experiment measured in its place."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

CLASSES = {"http": "ProductHttpUser", "fast": "ProductFastHttpUser"}
#: Users to the users that start in a second.
SPAWN_RATES = {10: 2.0, 100: 10.0, 500: 50.0, 1000: 100.0}
SECONDS = 60
SEED_COUNT = 100
# In the published runs all users had seeded well before the end, or there were no such rates. Where
# the load generator's core is slower, a run goes on, until this long after the last seeded product.
AFTER_SEED_SECONDS = 20
LONGEST_SECONDS = 240
# All eight and the report in under two minutes. The seed is as much shorter as the run, so that a
# part of it is left for the reads.
QUICK_SECONDS = 9
QUICK_SEED_COUNT = 10
QUICK_RAMP_SECONDS = 2


@dataclass(frozen=True)
class Run:
    """One run of Locust."""

    users: int
    #: "http" or "fast", a key of CLASSES.
    client: str
    spawn_rate: float
    seconds: int
    #: It goes on while users seed, up to this length; `seconds` for one that does not.
    longest: int
    #: Products that each user stores at its start.
    seed_count: int

    @property
    def name(self) -> str:
        """For a file and a reference: "1000-fast"."""
        return f"{self.users}-{self.client}"

    @property
    def title(self) -> str:
        return f"{self.users} users, {'FastHttpUser' if self.client == 'fast' else 'HttpUser'}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Published:
    """A row of the published experiment: milliseconds as Locust showed them, requests a second."""

    get_p50: int
    get_p95: int
    get_p99: int
    post_p50: int
    post_p95: int
    requests_per_second: float
    failures: int
    seed_p50: int
    seed_p95: int


#: A Go service with 0.25 of a processor, loaded from a laptop over the internet.
PUBLISHED = {
    "10-http": Published(17, 22, 24, 17, 26, 5.3, 0, 16, 21),
    "10-fast": Published(16, 19, 20, 16, 19, 5.1, 0, 15, 18),
    "100-http": Published(17, 22, 44, 17, 21, 48.6, 0, 18, 23),
    "100-fast": Published(15, 18, 24, 15, 18, 51.0, 0, 16, 25),
    "500-http": Published(17, 48, 84, 17, 46, 247.8, 0, 63, 110),
    "500-fast": Published(15, 48, 89, 15, 58, 247.9, 0, 69, 100),
    "1000-http": Published(17, 180, 240, 17, 190, 492.7, 0, 200, 290),
    "1000-fast": Published(15, 120, 240, 15, 140, 497.3, 0, 120, 300),
}


def planned(users: list[int], clients: list[str], seconds: int | None, seed_count: int | None,
            quick: bool) -> list[Run]:
    """The runs in their order; what is None is as in the experiment, or shorter if `quick`."""
    length = seconds or (QUICK_SECONDS if quick else SECONDS)
    seeded = seed_count or (QUICK_SEED_COUNT if quick else SEED_COUNT)
    longest = length if quick else max(length, LONGEST_SECONDS)
    return [Run(count, client, _spawn_rate(count, quick), length, longest, seeded)
            for count in users for client in clients]


def _spawn_rate(users: int, quick: bool) -> float:
    if quick:
        return max(1.0, users / QUICK_RAMP_SECONDS)
    # As in the experiment; for another number of users, the tenth of them that it mostly was.
    return SPAWN_RATES.get(users, max(1.0, users / 10))
