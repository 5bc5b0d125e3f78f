"""Requests that come when they come, whether or not those before them are answered.

  locust -f loadtest/scenarios/open_arrivals.py --headless --host http://127.0.0.1:8080 \\
    --users 20 --spawn-rate 20 --run-time 5m --arrival-rate 25

Users who wait for their answer ask less of a slow server, just then. Here each user has a schedule
of --arrival-rate a second and works it off over one connection; if a request is late, those behind
it are too, and `locust_intended_start_latency_seconds` counts from when each was due. No arrival is
left out until --max-backlog of one user are waiting; those are counted in
`locust_dropped_arrivals_total`. So the load is --users times --arrival-rate, if client and server
can do it. Each user seeds first, and its schedule begins then.
"""

from __future__ import annotations

import functools
import logging
import random
import time

import gevent
from locust import events
from locust.argument_parser import LocustArgumentParser
from scenario import set_defaults

import arrivals
import locustfile
from locust_metrics import metrics

GAPS = {"poisson": arrivals.poisson, "even": arrivals.even}

set_defaults(num_users=20, spawn_rate=20, run_time=300)

logger = logging.getLogger(__name__)


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    group = parser.add_argument_group("open arrivals")
    group.add_argument("--arrival-rate", type=float, default=10.0, env_var="LOCUST_ARRIVAL_RATE",
                       metavar="RATE", help="requests of a user each second (default 10)")
    group.add_argument("--arrivals", choices=sorted(GAPS), default="poisson",
                       env_var="LOCUST_ARRIVALS",
                       help="independent of each other, or at even distances (default poisson)")
    group.add_argument("--max-backlog", type=int, default=10_000, env_var="LOCUST_MAX_BACKLOG",
                       metavar="ARRIVALS",
                       help="of a user that may wait for earlier ones (default 10000)")


@functools.cache
def warn_once() -> None:
    logger.warning("--max-backlog is reached: arrivals are dropped and counted")


class OpenArrivalUser(locustfile.ProductFastHttpUser):
    def on_start(self) -> None:
        super().on_start()
        gap = GAPS[self._options.arrivals](self._options.arrival_rate)
        # Else users with even gaps that began together would ask together.
        first = time.perf_counter() + random.random() * gap()
        self._arrivals = arrivals.Arrivals(first, gap, self._options.max_backlog)
        gevent.sleep(self.wait_time())

    def wait_time(self) -> float:
        now = time.perf_counter()
        dropped_before = self._arrivals.dropped
        self._intended_start = self._arrivals.take(now)
        if self._arrivals.dropped > dropped_before:
            warn_once()
            metrics.record_dropped_arrivals(self._arrivals.dropped - dropped_before)
        return max(0.0, self._intended_start - now)
