"""Locust users of the product catalogue: each seeds products, then reads and replaces them.

  locust -f loadtest/locustfile.py --host http://127.0.0.1:8080 ProductHttpUser
  locust -f loadtest/locustfile.py --host http://127.0.0.1:8080 ProductFastHttpUser

Both classes do the same; they differ in the HTTP client, python-requests or geventhttpclient, and
so in what of the measured time is the client's own. With both given, or none, Locust mixes them.

No product belongs to two users, not even over workers (--processes, --master), so each answer is
checked against what its user last stored. Runs that load one server at the same time need
--first-id far enough apart.

locust_metrics.py serves what is measured to Prometheus, scenarios/ has shapes of load, and
docs/loadtest.md says how to use both.
"""

from __future__ import annotations

import itertools
import random
import string
import time
from typing import Any

from locust import FastHttpUser, HttpUser, User, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.exception import StopUser

import locust_metrics  # noqa: F401  (listens to events)

SEED_NAME = "/products/[id]/details (seed)"
GET_NAME = "/products/[id]"
PUT_NAME = "/products/[id]/details"

# 100,000 users of 100 products each; 214 workers fit into the 31 bits of an id.
IDS_PER_WORKER = 10_000_000
# The one above is for a product that users share (scenarios/hot_key.py).
MAX_OWN_ID = 2**31 - 2

_user_numbers = itertools.count()


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    group = parser.add_argument_group("product catalogue")
    group.add_argument("--seed-count", type=int, default=100, env_var="LOCUST_SEED_COUNT",
                       help="products a user stores at its start (default 100)")
    group.add_argument("--wait-min", type=float, default=1.0, env_var="LOCUST_WAIT_MIN",
                       help="shortest pause between two tasks, seconds (default 1)")
    group.add_argument("--wait-max", type=float, default=3.0, env_var="LOCUST_WAIT_MAX",
                       help="longest pause between two tasks, seconds (default 3)")
    group.add_argument("--read-weight", type=float, default=9.0, env_var="LOCUST_READ_WEIGHT",
                       help="GETs for each POST, on average (default 9)")
    group.add_argument("--request-timeout", type=float, default=30.0,
                       env_var="LOCUST_REQUEST_TIMEOUT",
                       help="longest wait for an answer, seconds (default 30)")
    group.add_argument("--first-id", type=int, default=1, env_var="LOCUST_FIRST_ID",
                       help="the least product id used (default 1)")


class CatalogueUser(User):
    """What both users do; the classes below bring the client."""

    abstract = True
    client: Any
    #: What the client takes with each request.
    request_arguments: dict[str, Any] = {}

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._options = environment.parsed_options
        #: When the next request should begin, by time.perf_counter().
        self._intended_start = time.perf_counter()

    def wait_time(self) -> float:
        pause = random.uniform(self._options.wait_min, self._options.wait_max)
        self._intended_start = time.perf_counter() + pause
        return pause

    def on_start(self) -> None:
        #: What this user last stored; None where a failed POST leaves that open.
        self._products: dict[int, dict[str, Any] | None] = {}
        for product_id in self._own_ids():
            self._put(product_id, SEED_NAME)
        self._ids = list(self._products)
        if not self._ids:
            raise StopUser("no product could be seeded")

    @task
    def read_or_replace(self) -> None:
        product_id, kind = self.choose_product()
        read_weight = self._options.read_weight
        if random.random() * (read_weight + 1) < read_weight:
            self._get(product_id, GET_NAME + kind)
        else:
            self._put(product_id, PUT_NAME + kind)

    def choose_product(self) -> tuple[int, str]:
        """An id, and what sets the names of its requests apart from those of others."""
        return random.choice(self._ids), ""

    def _own_ids(self) -> range:
        worker = max(0, getattr(self.environment.runner, "worker_index", 0))
        count = self._options.seed_count
        offset = next(_user_numbers) * count
        first = self._options.first_id + worker * IDS_PER_WORKER + offset
        if offset + count > IDS_PER_WORKER or first + count - 1 > MAX_OWN_ID:
            raise StopUser(f"worker {worker} has no ids left for another user")
        return range(first, first + count)

    def _begin(self) -> dict[str, float]:
        """The context of a request that is sent now. A timer that fires early is not late."""
        return {"lateness": max(0.0, time.perf_counter() - self._intended_start)}

    def _put(self, product_id: int, name: str) -> None:
        product = random_product(product_id)
        with self.client.post(f"/products/{product_id}/details", json=product, name=name,
                              catch_response=True, context=self._begin(),
                              **self.request_arguments) as response:
            stored = response.status_code == 204
            if not stored:
                response.failure(unexpected(response, 204))
        self._intended_start = time.perf_counter()
        if stored:
            self._products[product_id] = product
        elif product_id in self._products:
            self._products[product_id] = None

    def _get(self, product_id: int, name: str) -> None:
        expected = self._products[product_id]
        with self.client.get(f"/products/{product_id}", name=name, catch_response=True,
                             context=self._begin(), **self.request_arguments) as response:
            complaint = wrong_with(response, product_id, expected)
            if complaint:
                response.failure(complaint)
        self._intended_start = time.perf_counter()


class ProductHttpUser(CatalogueUser, HttpUser):
    """With python-requests."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.request_arguments = {"timeout": environment.parsed_options.request_timeout}


class ProductFastHttpUser(CatalogueUser, FastHttpUser):
    """With geventhttpclient."""

    def __init__(self, environment: Environment) -> None:
        # The client takes them when it is made.
        self.network_timeout = environment.parsed_options.request_timeout
        self.connection_timeout = self.network_timeout
        super().__init__(environment)


def unexpected(response: Any, wanted: int) -> str:
    if response.status_code == 0:
        return f"no answer: {type(response.error).__name__}"
    return f"status {response.status_code}, not {wanted}"


def wrong_with(response: Any, product_id: int, expected: dict[str, Any] | None) -> str:
    """What makes the answer to a GET a failure; empty when all is well."""
    if response.status_code != 200:
        return unexpected(response, 200)
    try:
        product = response.json()
    except ValueError:
        return "the body is not JSON"
    if not isinstance(product, dict) or product.get("product_id") != product_id:
        return "another product than asked for"
    if expected is not None and product != expected:
        return "not what this user stored last"
    return ""


def random_product(product_id: int) -> dict[str, Any]:
    return {
        "product_id": product_id,
        "sku": "-".join("".join(random.choices(string.ascii_uppercase + string.digits, k=3))
                        for _ in range(3)),
        "manufacturer": "".join(random.choices(string.ascii_letters + " ", k=20)).strip() or "Acme",
        "category_id": random.randint(1, 1000),
        "weight": random.randint(0, 50_000),
        "some_other_id": random.randint(1, 100_000),
    }
