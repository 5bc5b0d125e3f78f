"""The same load for a long time: does anything grow, leak or slow down?

  locust -f loadtest/scenarios/soak.py --headless --host http://127.0.0.1:8080 --run-time 8h

An hour of 50 users, unless --run-time and --users say otherwise. Compare the first minutes with the
last on the dashboards: latency, resident memory, descriptors, bytes stored.
"""

from __future__ import annotations

from scenario import SteadyShape, set_defaults

from locustfile import ProductFastHttpUser  # noqa: F401  (Locust finds it here)

set_defaults(num_users=50, spawn_rate=10, run_time=3600)


class Soak(SteadyShape):
    pass
