"""How far the experiment is: a bar at a terminal, a line a run elsewhere; on standard error."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

from experiment.one_run import Now
from experiment.runs import Run

BAR_CELLS = 16


class Progress:
    def __init__(self, runs: list[Run], stream: TextIO = sys.stderr) -> None:
        self._runs = runs
        self._seconds = sum(run.seconds for run in runs) or 1
        self._before = 0
        self._stream = stream
        self._bar = stream.isatty()

    def begin(self, run: Run) -> None:
        if not self._bar:
            self._line(f"{self._place(run)}, {run.seconds} s")

    def show(self, run: Run, now: Now) -> None:
        """Is called once a second."""
        if not self._bar:
            return
        # A run that goes on while its users seed shows so by its seconds, not by the bar.
        seconds = min(now.seconds, run.seconds)
        done = (self._before + seconds) / self._seconds
        cells = "#" * int(done * BAR_CELLS)
        cpu = "" if now.client_cpu is None else f", CPU {now.client_cpu:.0%}"
        # The most telling first: a narrow terminal cuts the end.
        text = (f"[{cells:<{BAR_CELLS}}] {done:4.0%}  {self._runs.index(run) + 1}/"
                f"{len(self._runs)} {run.name}  {now.seconds:.0f}/{run.seconds} s  "
                f"{now.users} users, {now.seeded / (run.users * run.seed_count):.0%} seeded, "
                f"{now.failures} failed{cpu}")
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(f"\r{text[:width]:<{width}}")
        self._stream.flush()

    def end(self, run: Run, text: str) -> None:
        self._before += run.seconds
        self._line(f"{self._place(run)}: {text}")

    def kept(self, run: Run) -> None:
        self._before += run.seconds
        self._line(f"{self._place(run)}: kept from before")

    def note(self, text: str) -> None:
        self._line(text)

    def _place(self, run: Run) -> str:
        return f"run {self._runs.index(run) + 1} of {len(self._runs)}: {run.title}"

    def _line(self, text: str) -> None:
        if self._bar:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write("\r" + " " * width + "\r")
        print(text, file=self._stream, flush=True)
