"""Users of locustfile.py who do not pause, with or without locust_metrics.py; for metrics_cost.py.

Without it, nothing listens to requests but Locust, and requests have no context.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

import locust_metrics
import locustfile

# Until all have seeded and their connections are warm.
WARM_UP_SECONDS = 1.5


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    parser.add_argument("--without-metrics", action="store_true")
    parser.add_argument("--cost-file", required=True)
    parser.set_defaults(wait_min=0.0, wait_max=0.0, seed_count=10)


class CostUser(locustfile.ProductFastHttpUser):
    pass


@events.init.add_listener
def start(environment: Environment, **_: Any) -> None:
    options = environment.parsed_options
    if options.without_metrics:
        environment.events.request.remove_listener(locust_metrics.on_request)
        CostUser._begin = lambda self: {}

    def so_far() -> tuple[float, float, int]:
        return time.perf_counter(), time.process_time(), environment.stats.total.num_requests

    def measure() -> None:
        gevent.sleep(WARM_UP_SECONDS)
        began = so_far()

        def write(**_: Any) -> None:
            seconds, cpu_seconds, requests = (
                after - before for before, after in zip(began, so_far()))
            Path(options.cost_file).write_text(json.dumps(
                {"seconds": seconds, "cpu_seconds": cpu_seconds, "requests": requests}))
        environment.events.test_stopping.add_listener(write)
    environment.events.spawning_complete.add_listener(lambda **_: gevent.spawn(measure))
