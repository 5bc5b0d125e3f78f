"""Runs of Locust with the project's locustfiles, and what they measured."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from processes import START_TIMEOUT_SECONDS, ended, free_port

ROOT = Path(__file__).resolve().parents[2]
LOADTEST = ROOT / "loadtest"
RUN_TIMEOUT_SECONDS = 60

_SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

#: Method and name of a request.
Request = tuple[str, str]


class Exposition:
    """A scrape."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples: list[tuple[str, dict[str, str], float]] = []
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, labels, value = _SAMPLE.fullmatch(line).groups()
                self.samples.append((name, dict(_LABEL.findall(labels or "")), float(value)))

    def by(self, metric: str, *labels: str, **wanted: str) -> dict[tuple[str, ...], float]:
        """Sums of those samples that have `wanted`, by the values of `labels`."""
        sums: dict[tuple[str, ...], float] = {}
        for name, has, value in self.samples:
            if name == metric and wanted.items() <= has.items():
                key = tuple(has[label] for label in labels)
                sums[key] = sums.get(key, 0.0) + value
        return sums

    def total(self, metric: str, **wanted: str) -> float:
        return sum(self.by(metric, **wanted).values())

    def buckets(self, metric: str, request: Request) -> list[tuple[float, float]]:
        """Upper bound and number of those up to it, ascending."""
        method, name = request
        return [(float(le), count) for (le,), count in
                self.by(f"{metric}_bucket", "le", method=method, name=name).items()]

    def slower_than(self, metric: str, seconds: float) -> float:
        """How many requests were certainly slower: a bucket's bound counts."""
        faster = self.by(f"{metric}_bucket", "le")
        bound = max((le for (le,) in faster if float(le) <= seconds), key=float)
        return self.total(f"{metric}_count") - faster[(bound,)]


def command(locustfile: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(LOADTEST / locustfile),
            "--only-summary", *map(str, arguments)]


def environment() -> dict[str, str]:
    """Settings meant for other runs do not reach these."""
    return {key: value for key, value in os.environ.items() if not key.startswith("LOCUST_")}


class Locust:
    """A Locust that runs. Make it with `running`, which also ends it."""

    def __init__(self, process: subprocess.Popen, folder: Path, port: int) -> None:
        self.process = process
        self.folder = folder
        #: Of its metrics.
        self.address = f"127.0.0.1:{port}"

    def scrape(self) -> Optional[Exposition]:
        """None while nobody listens."""
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            with urllib.request.urlopen(f"http://{self.address}/metrics",
                                        timeout=START_TIMEOUT_SECONDS) as answer:
                return Exposition(answer.read().decode())
        return None

    def output(self) -> str:
        return (self.folder / "output").read_text(encoding="utf-8", errors="replace")

    def wait(self) -> int:
        """Until it ends by itself; its status."""
        return self.process.wait(RUN_TIMEOUT_SECONDS)

    def exposition(self) -> Exposition:
        """What it left behind."""
        return Exposition((self.folder / "metrics.prom").read_text(encoding="utf-8"))

    def statistics(self) -> dict[Request, dict]:
        """Locust's own, as it left them behind."""
        rows = json.loads((self.folder / "statistics.json").read_text(encoding="utf-8"))
        return {(row["method"], row["name"]): row for row in rows}


@contextlib.contextmanager
def running(locustfile: str, *arguments: object) -> Iterator[Locust]:
    """Headless unless --web-port is among the arguments; metrics on a port that is free."""
    with tempfile.TemporaryDirectory(prefix="locust-") as name:
        folder = Path(name)
        port = free_port()
        line = command(locustfile, "--metrics-host", "127.0.0.1", "--metrics-port", port,
                       "--metrics-file", folder / "metrics.prom",
                       "--json-file", folder / "statistics", *arguments)
        if "--web-port" not in arguments and "--worker" not in arguments:
            line.append("--headless")
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(line, cwd=folder, env=environment(), stdout=output,
                                       stderr=output, stdin=subprocess.DEVNULL)
        with ended(process):
            yield Locust(process, folder, port)
