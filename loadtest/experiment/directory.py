"""The directory of an experiment: its parameters, and each finished run as a file.

  parameters.json     what was asked for; a directory holds runs of one set of parameters only
  runs/1000-fast.json the record of a finished run, which is not repeated
  report.md, report.html, results.json, results.csv and plots are made anew from these
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from experiment.runs import Run


class DirectoryError(RuntimeError):
    """The directory holds something else than was asked for."""


class ExperimentDirectory:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._parameters = path / "parameters.json"
        self._runs = path / "runs"

    def open(self, parameters: dict[str, Any]) -> None:
        """Makes it, or goes on with what is there if that was measured with the same parameters.

        The list of runs may differ: more of them may be asked for later.
        """
        if self._parameters.exists():
            there = self.parameters()
            differing = [f"{key} was {there.get(key)!r} and is {parameters.get(key)!r}"
                         for key in sorted({*there, *parameters})
                         if there.get(key) != parameters.get(key)]
            if differing:
                raise DirectoryError(
                    f"{self.path} holds runs with other parameters: {'; '.join(differing)}. "
                    "Give another --output, or --fresh to remove them")
        elif self.path.exists() and any(self.path.iterdir()):
            raise DirectoryError(f"{self.path} is no experiment's and not empty: "
                                 "give another --output")
        self._runs.mkdir(parents=True, exist_ok=True)
        _write(self._parameters, parameters)

    def clear(self) -> None:
        """Removes an experiment, and nothing that is none."""
        if self._parameters.exists():
            shutil.rmtree(self.path)

    def parameters(self) -> dict[str, Any]:
        return json.loads(self._parameters.read_text())

    def record(self, run: Run) -> dict[str, Any] | None:
        """None for a run that has not finished, or was of another length or ramp."""
        file = self._runs / f"{run.name}.json"
        if not file.exists():
            return None
        record = json.loads(file.read_text())
        return record if record["run"] == run.to_json() else None

    def keep(self, run: Run, record: dict[str, Any]) -> None:
        _write(self._runs / f"{run.name}.json", record)


def _write(file: Path, value: Any) -> None:
    """Whole or not at all: a run may be stopped at any time."""
    beside = file.with_suffix(".part")
    beside.write_text(json.dumps(value, separators=(",", ":")))
    os.replace(beside, file)
