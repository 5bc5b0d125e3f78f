"""More and more users until more of them bring no more requests; then it says so, and stops.

  locust -f loadtest/scenarios/ramp.py --headless --host http://127.0.0.1:8080 --processes 2

From --ramp-start users on, --ramp-factor times as many each --ramp-step seconds. It ends with a
sentence when throughput no longer grows, when requests fail, when the load generator itself is what
is saturated, and at the latest with --users (1000) or after --run-time (10 minutes). Users do not
pause, unless --wait-min and --wait-max say otherwise.
"""

from __future__ import annotations

import logging
import math
import time

from locust import events, runners
from locust.argument_parser import LocustArgumentParser
from scenario import BoundedShape, set_defaults

import latency_histogram
import locust_metrics
from locustfile import ProductFastHttpUser  # noqa: F401  (Locust finds it here)
from saturation import Step, verdict

set_defaults(num_users=1000, spawn_rate=100, run_time=600, seed_count=10, wait_min=0.0,
             wait_max=0.0)

#: At the begin of a step users come and seed.
SETTLE_SECONDS = 3
MEASURED_SECONDS = 2

logger = logging.getLogger(__name__)


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    group = parser.add_argument_group("ramp")
    group.add_argument("--ramp-start", type=int, default=4, env_var="LOCUST_RAMP_START",
                       metavar="USERS", help="users of the first step (default 4)")
    group.add_argument("--ramp-factor", type=float, default=1.5, env_var="LOCUST_RAMP_FACTOR",
                       metavar="FACTOR", help="growth from step to step (default 1.5)")
    group.add_argument("--ramp-step", type=float, default=15.0, env_var="LOCUST_RAMP_STEP",
                       metavar="SECONDS",
                       help="length of a step (default 15; 6 at least, 9 with workers)")


class Ramp(BoundedShape):
    def reset_time(self) -> None:
        super().reset_time()
        self._steps: list[Step] = []
        self._users = 0

    def users_now(self) -> int | None:
        if self._users == 0:
            self._begin_step(self.options.ramp_start)
        elif time.time() >= self._ends:
            self._steps.append(self._measured())
            logger.info("%s", self._steps[-1])
            sentence = verdict(self._steps)
            if not sentence and self._users >= self.options.num_users:
                sentence = f"Not saturated with --users {self._users}: {self._steps[-1]}."
            if sentence:
                logger.warning("%s", sentence)
                return None
            self._begin_step(max(self._users + 1, round(self._users * self.options.ramp_factor)))
        return self._users

    def tick(self) -> tuple[int, float] | None:
        if self.get_run_time() >= self.options.run_time:
            logger.warning("Not saturated within --run-time: %s.",
                           self._steps[-1] if self._steps else "no step was finished")
        return super().tick()

    def _begin_step(self, users: int) -> None:
        self._users = min(users, self.options.num_users)
        self._began = time.time()
        self._ends = self._began + max(self.options.ramp_step,
                                       SETTLE_SECONDS + MEASURED_SECONDS + self._lag())
        self._counts_before = locust_metrics.metrics.response_counts()
        self._cpu_before = locust_metrics.processor_times(self.runner)

    def _lag(self) -> float:
        """What workers have counted is known for certain only so much later."""
        if isinstance(self.runner, runners.MasterRunner):
            return 1 + runners.WORKER_REPORT_INTERVAL
        return 1

    def _measured(self) -> Step:
        first = math.ceil(self._began) + SETTLE_SECONDS
        seconds = range(first, max(first + 1, math.floor(time.time() - self._lag())))
        total = self.runner.stats.total
        counts = locust_metrics.metrics.response_counts()
        cpu = locust_metrics.processor_times(self.runner)
        busiest = max((used - self._cpu_before[process][1])
                      / max(1e-9, at - self._cpu_before[process][0])
                      for process, (at, used) in cpu.items() if process in self._cpu_before)
        return Step(
            users=self._users,
            requests_per_second=sum(total.num_reqs_per_sec.get(second, 0)
                                    for second in seconds) / len(seconds),
            failures_per_second=sum(total.num_fail_per_sec.get(second, 0)
                                    for second in seconds) / len(seconds),
            p99_seconds=latency_histogram.quantile(
                [after - before for before, after in zip(self._counts_before, counts)], 0.99),
            client_cpu=busiest)
