"""Most requests mean one product: does what it costs to serve one key depend on how many ask?

  locust -f loadtest/scenarios/hot_key.py --headless --host http://127.0.0.1:8080 --hot-share 0.99

All users share the hot product, those of other workers too; each has its own besides. Its requests
are named apart, "/products/[id] (hot)". 5 minutes of 50 users, unless --run-time and --users say
otherwise.
"""

from __future__ import annotations

import random

from locust import events
from locust.argument_parser import LocustArgumentParser
from scenario import SteadyShape, set_defaults

import locustfile

HOT_ID = locustfile.MAX_OWN_ID + 1

set_defaults(num_users=50, spawn_rate=10, run_time=300, wait_min=0.1, wait_max=0.3)


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    parser.add_argument_group("hot key").add_argument(
        "--hot-share", type=float, default=0.9, env_var="LOCUST_HOT_SHARE", metavar="SHARE",
        help="of the requests, 0 to 1, that mean the hot product (default 0.9)")


class HotKeyUser(locustfile.ProductFastHttpUser):
    def on_start(self) -> None:
        super().on_start()
        self._put(HOT_ID, locustfile.SEED_NAME)

    def choose_product(self) -> tuple[int, str]:
        if random.random() < self._options.hot_share:
            return HOT_ID, " (hot)"
        return super().choose_product()

    def _put(self, product_id: int, name: str) -> None:
        super()._put(product_id, name)
        # Others replace it too: what it is at a time is not known here.
        if product_id == HOT_ID:
            self._products[HOT_ID] = None


class HotKey(SteadyShape):
    pass
