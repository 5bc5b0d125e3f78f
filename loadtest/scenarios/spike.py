"""A sudden crowd that leaves again: how slow does it get, and how long until all is as before?

  locust -f loadtest/scenarios/spike.py --headless --host http://127.0.0.1:8080 --users 500

--users come after a quarter of --run-time (2 minutes), as fast as --spawn-rate lets them, and stay
for a quarter; before and after there are --spike-base of them.
"""

from __future__ import annotations

from locust import events
from locust.argument_parser import LocustArgumentParser
from scenario import BoundedShape, set_defaults

from locustfile import ProductFastHttpUser  # noqa: F401  (Locust finds it here)

# Whoever comes seeds first; with few products each it is still the spike that is measured. Those
# who leave may finish what they have begun.
set_defaults(num_users=200, spawn_rate=100, run_time=120, seed_count=10, wait_min=0.1,
             wait_max=0.3, stop_timeout=5)


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    parser.add_argument_group("spike").add_argument(
        "--spike-base", type=int, default=20, env_var="LOCUST_SPIKE_BASE", metavar="USERS",
        help="users before and after the spike (default 20)")


class Spike(BoundedShape):
    def users_now(self) -> int:
        quarter = self.get_run_time() // (self.options.run_time / 4)
        return self.options.num_users if quarter == 1 else self.options.spike_base
