"""What the scenarios share. Each is a locustfile, and what bounds it are Locust's own options:

  locust -f loadtest/scenarios/soak.py --headless --host http://127.0.0.1:8080 --run-time 10m
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from locust import LoadTestShape, events
from locust.argument_parser import LocustArgumentParser

# Locust looks for modules beside the locustfile only. Not first: Locust removes the first again.
sys.path.append(str(Path(__file__).resolve().parents[1]))


def set_defaults(**defaults: Any) -> None:
    """Other defaults for Locust's options and those of locustfile.py, which must be imported."""
    @events.init_command_line_parser.add_listener
    def set_in(parser: LocustArgumentParser) -> None:
        parser.set_defaults(**defaults)


class BoundedShape(LoadTestShape):
    """Lasts for --run-time at the longest, in the web UI too."""

    abstract = True
    use_common_options = True

    @property
    def options(self) -> Any:
        assert self.runner is not None
        return self.runner.environment.parsed_options

    def users_now(self) -> int | None:
        """None ends the run before its time."""
        raise NotImplementedError

    def tick(self) -> tuple[int, float] | None:
        if self.get_run_time() >= self.options.run_time:
            return None
        users = self.users_now()
        return None if users is None else (users, self.options.spawn_rate)


class SteadyShape(BoundedShape):
    """--users all the time."""

    abstract = True

    def users_now(self) -> int:
        return self.options.num_users
