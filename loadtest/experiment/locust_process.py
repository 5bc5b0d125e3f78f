"""One headless Locust, started, ended and read."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from experiment.runs import CLASSES, Run

LOCUSTFILE = Path(__file__).resolve().parents[1] / "locustfile.py"
SEED_NAME = "/products/[id]/details (seed)"
GET_NAME = "/products/[id]"
POST_NAME = "/products/[id]/details"
# Locust says so once, when its process has had 90 % of a core for ten seconds.
CPU_WARNING = "CPU usage above"
# Of a thousand users, on a machine that has other things to do.
STOP_TIMEOUT_SECONDS = 30.0


class LocustError(RuntimeError):
    """Locust did not come to its end; the text has the end of its output."""


@dataclass(frozen=True)
class Outcome:
    """What Locust itself reports."""

    #: Its statistics by request name, as its CSV has them.
    rows: dict[str, dict[str, str]]
    #: The last exposition of its metrics; "" when it wrote none.
    metrics: str
    warned_of_cpu: bool

    @property
    def failures(self) -> int:
        return sum(int(row["Failure Count"]) for row in self.rows.values())


class Locust:
    """A running Locust. Its files are in `directory`, which must outlive it."""

    def __init__(self, run: Run, host: str, metrics_port: int, directory: Path,
                 prefix: list[str]) -> None:
        """`host` is ADDRESS:PORT; `prefix` comes before the command, such as a taskset."""
        self._directory = directory
        self._log = directory / "locust.log"
        command = [
            *prefix, sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), CLASSES[run.client],
            "--headless", "--host", f"http://{host}", "--users", str(run.users),
            "--spawn-rate", f"{run.spawn_rate:g}", "--run-time", f"{run.longest}s",
            "--seed-count", str(run.seed_count), "--csv", str(directory / "locust"),
            "--only-summary", "--metrics-host", "127.0.0.1", "--metrics-port", str(metrics_port),
            "--metrics-file", str(directory / "locust.prom")]
        # Settings meant for other runs do not reach this one.
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("LOCUST_")}
        with self._log.open("wb") as log:
            # In a session of its own: the terminal's Ctrl-C is for the program that started it.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                cwd=directory, env=environment, start_new_session=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    def running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Ends it; it gets the time to write what it has."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            finally:
                # Also when a second Ctrl-C does not wait for that.
                if self._process.poll() is None:
                    self._process.kill()
                    self._process.wait()

    def outcome(self) -> Outcome:
        """Once it has ended. A failed request is part of an outcome and no error here."""
        log = self._log.read_text(errors="replace")
        # Locust ends with 1 for failed requests, and with 2 or a signal for what is no run.
        status = self._process.returncode
        if status not in (0, 1):
            raise LocustError(f"Locust ended with status {status}\n{_tail(log)}")
        try:
            with (self._directory / "locust_stats.csv").open(newline="") as file:
                rows = {row["Name"]: row for row in csv.DictReader(file)
                        if row["Name"] != "Aggregated"}
        except FileNotFoundError:
            raise LocustError(f"Locust left no statistics\n{_tail(log)}") from None
        metrics = self._directory / "locust.prom"
        outcome = Outcome(rows, metrics.read_text() if metrics.exists() else "",
                          CPU_WARNING in log)
        if status == 1 and outcome.failures == 0:
            raise LocustError(f"a user of Locust ended with an exception\n{_tail(log)}")
        return outcome


def _tail(log: str) -> str:
    return "\n".join(f"  {line}" for line in log.splitlines()[-15:])
