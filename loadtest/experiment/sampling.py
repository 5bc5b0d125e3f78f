"""What each side says of itself once a second, and when the load generator had no break."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from servers import process_cpu_seconds

INTERVAL_SECONDS = 1.0
STARTING_SECONDS = 0.05
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


def scrape(address: str, pid: int | None) -> Scrape:
    """Of one side, now. The text is parsed later: that would take processor time from the run."""
    text = fetch(address)
    cpu_seconds = None
    if pid is not None:
        with contextlib.suppress(OSError):
            cpu_seconds = process_cpu_seconds(pid)
    return Scrape(time.monotonic(), cpu_seconds, text)


class Sampler:
    """Scrapes one side in a thread of its own, from its making until `stop`.

    Of its own, so that a side that answers late delays no sample of the other. A side that
    `starts` is looked at often until it answers: what it does then is not lost in its start.
    """

    def __init__(self, address: str, pid: int | None, starts: bool = False) -> None:
        self._address = address
        self._starting = starts
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
            self._starting = self._starting and self._scrapes[-1].text is None
            # After a late one the seconds that were missed are not made up for.
            due = max(due + (STARTING_SECONDS if self._starting else INTERVAL_SECONDS),
                      time.monotonic())


#: Time, seconds run, seconds waited for a processor; both since the thread began.
Look = tuple[float, float, float]
BUSY_SHARE = 0.9


def busy_stretches(looks: list[Look]) -> list[tuple[float, float]]:
    """Begin and end of each run of windows that were busy for 90 % or more."""
    windows = []
    carried = 0.0
    # The kernel counts a wait when it is over, so what does not fit into a window was before it.
    for before, after in reversed(list(zip(looks, looks[1:]))):
        length = after[0] - before[0]
        wanted = after[1] - before[1] + after[2] - before[2] + carried
        carried = max(0.0, wanted - length)
        windows.append((before[0], after[0], wanted >= BUSY_SHARE * length))
    stretches: list[tuple[float, float]] = []
    for begin, end, busy in reversed(windows):
        if busy and stretches and stretches[-1][1] == begin:
            stretches[-1] = (stretches[-1][0], end)
        elif busy:
            stretches.append((begin, end))
    return stretches


class LoopWatch:
    """When a process's main thread, which Locust's event loop has, was busy without a break.

    A second's processor share hides a burst of a tenth of it, and a request that meets the burst
    waits for as long. So the kernel's own account of the thread is read every 20 ms: the time it
    ran, and the time it would have run but had to wait for the processor.
    """

    WINDOW_SECONDS = 0.02

    def __init__(self, pid: int) -> None:
        self._file = Path(f"/proc/{pid}/schedstat")
        self._stopped = threading.Event()
        self._looks: list[Look] = []
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def busy_stretches(self) -> list[tuple[float, float]]:
        """Begin and end of each, by the monotonic clock."""
        return busy_stretches(self._looks)

    def waited_share(self, begin: float) -> float | None:
        """Part of the time since `begin` in which it would have run and had no processor."""
        looks = [look for look in self._looks if look[0] >= begin]
        if len(looks) < 2:
            return None
        return (looks[-1][2] - looks[0][2]) / (looks[-1][0] - looks[0][0])

    def _look(self) -> None:
        with contextlib.suppress(OSError):
            while not self._stopped.wait(self.WINDOW_SECONDS):
                run, waited, _ = self._file.read_text().split()
                self._looks.append((time.monotonic(), int(run) / 1e9, int(waited) / 1e9))
