"""Who has had the processors of this machine."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

from servers import Server


class Watch:
    """What the processors do from its making on: a server, the children that end meanwhile, the
    load generator among them, and others."""

    def __init__(self, server: Server | None = None) -> None:
        self._server = server
        self._started = time.monotonic()
        self._server_before = self._server_total()
        self._children_before = _children_cpu_seconds()
        self._machine_before = _machine_cpu_seconds()

    def server_seconds(self) -> float:
        """User and system time of the server so far."""
        return self._server_total() - self._server_before

    def others_share(self) -> float:
        """Part of all processors, 0..1, that neither the server nor a child had, but someone else.
        """
        others = (_machine_cpu_seconds() - self._machine_before - self.server_seconds()
                  - (_children_cpu_seconds() - self._children_before))
        capacity = (time.monotonic() - self._started) * (os.cpu_count() or 1)
        return max(0.0, others / capacity)

    def _server_total(self) -> float:
        return self._server.cpu_seconds() if self._server else 0.0


def _machine_cpu_seconds() -> float:
    """Time in programs since boot, and time the hypervisor gave to other machines."""
    user, nice, system, _, _, _, _, steal = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")


def _children_cpu_seconds() -> float:
    """Time of the children that have ended and were waited for; no server is one while it runs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
