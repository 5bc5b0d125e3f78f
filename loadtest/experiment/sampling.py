"""Once a second, what each side says of itself and what processor time it has had."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from dataclasses import dataclass

from servers import process_cpu_seconds

INTERVAL_SECONDS = 1.0
# A load generator that is out of processor answers late; one that takes longer has no sample.
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class Scrape:
    #: By the monotonic clock, when the answer had come.
    time: float
    #: None where the process runs on another machine, or is gone.
    cpu_seconds: float | None
    #: Prometheus text; None for no answer.
    text: str | None


def fetch(address: str, path: str = "/metrics") -> str | None:
    """The text at `address`; None when there is none."""
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        return body.decode() if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def scrape(address: str | None, pid: int | None) -> Scrape:
    """Of one side, now. The text is parsed later: that would take processor time from the run."""
    text = fetch(address) if address else None
    cpu_seconds = None
    if pid is not None:
        with contextlib.suppress(OSError):
            cpu_seconds = process_cpu_seconds(pid)
    return Scrape(time.monotonic(), cpu_seconds, text)


class Sampler:
    """Scrapes one side in a thread of its own, from its making until `stop`.

    Of its own, so that a side that answers late delays no sample of the other.
    """

    def __init__(self, address: str | None, pid: int | None) -> None:
        self._address = address
        self._pid = pid
        self._stopped = threading.Event()
        self._scrapes: list[Scrape] = []
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    @property
    def latest(self) -> Scrape | None:
        return self._scrapes[-1] if self._scrapes else None

    def stop(self) -> list[Scrape]:
        """All scrapes, in order."""
        self._stopped.set()
        self._thread.join()
        return self._scrapes

    def _sample(self) -> None:
        due = time.monotonic()
        while not self._stopped.wait(max(0.0, due - time.monotonic())):
            self._scrapes.append(scrape(self._address, self._pid))
            # After a late one the seconds that were missed are not made up for.
            due = max(due + INTERVAL_SECONDS, time.monotonic())
