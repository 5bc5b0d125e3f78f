"""Writes measurements down as markdown."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from servers import ROOT
from wrk_load import Measurement

#: Server name to its measurements, one a round.
Series = dict[str, list[Measurement]]

INTRODUCTION = """\
Every figure is to be read against the peers measured in the same run: the Go peer does the same
work with net/http, the epoll responder is the least this machine can do it with. Load generator and
servers share the processors, so requests/s is what is left of the machine beside wrk. Rounds are
interleaved; a cell is the median of the rounds with their range, a ratio the median of the rounds'
ratios. Latencies of GET and POST are those of a closed loop that keeps the machine full: they say
how long the queue is, not how fast an unhurried server answers. Those of the sections "at a fixed
rate" are of an open loop: requests come at random times, whatever has become of the earlier ones,
and each latency counts from when its request was due."""


@dataclass(frozen=True)
class Figure:
    """A measured value and its goal. `passed` is None for what was not measured."""

    name: str
    goal: str
    measured: str
    passed: bool | None

    @property
    def verdict(self) -> str:
        return {True: "PASS", False: "MISS", None: "not measured"}[self.passed]


def progress(text: str) -> None:
    """What goes on, for who waits; on stderr, beside the report."""
    print(text, file=sys.stderr, flush=True)


def megabytes(count: float) -> str:
    return f"{count / 1e6:.1f} MB"


class Report:
    """What a run has found so far: markdown sections, notes and judged figures."""

    def __init__(self, goals: dict[str, tuple[str, str]]) -> None:
        """`goals` has figure and goal by the name that `judge` is called with."""
        self.sections: list[str] = []
        self.notes: list[str] = []
        self._goals = goals
        self._judged: dict[str, Figure] = {}

    def judge(self, goal: str, measured: str, passed: bool) -> None:
        self._judged[goal] = Figure(*self._goals[goal], measured, passed)

    def section(self, title: str, *paragraphs: str) -> None:
        self.sections.append("\n\n".join([f"## {title}", *filter(None, paragraphs)]))

    @property
    def figures(self) -> list[Figure]:
        """One for each goal, measured or not."""
        return [self._judged.get(goal) or Figure(*text, "-", None)
                for goal, text in self._goals.items()]

    def markdown(self, environment: str) -> str:
        parts = ["# Benchmarks", environment, INTRODUCTION, *self.sections]
        if self.notes:
            parts += ["## Start and memory", notes(self.notes)]
        parts += ["## Goals", figures_table(self.figures)]
        return "\n\n".join(parts) + "\n"


def environment(command_line: str, go_peer: Path, data_dir: Path) -> str:
    """What the figures are worth nothing without."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    rows = [
        ("date", now),
        ("commit", commit()),
        ("command", f"`{command_line}`"),
        ("processor", f"{processor_model()}, {os.cpu_count()} CPUs"),
        ("kernel", f"{platform.system()} {platform.release().split('-')[0]}"),
        ("Go peer built by", _go_version(go_peer)),
        ("data on", device(data_dir)),
        ("load before", f"{os.getloadavg()[0]:.2f} (1 min)"),
    ]
    return table(["", ""], rows)


def load_table(series: Series) -> str:
    """A row a server; ratios against the Go peer and the epoll responder where those ran."""
    header = ["server", "requests/s", "p50 ms", "p99 ms", "CPU us/request", "peak RSS",
              "requests/s : Go", "CPU : epoll"]
    rows = []
    for name, rounds in series.items():
        rows.append([
            name,
            spread([m.requests_per_second for m in rounds], "{:,.0f}"),
            spread([m.p50_us / 1000 for m in rounds], "{:.2f}"),
            spread([m.p99_us / 1000 for m in rounds], "{:.2f}"),
            spread([m.cpu_us for m in rounds], "{:.2f}"),
            megabytes(max(m.peak_rss_bytes for m in rounds)),
            spread(ratios(series, name, "go", lambda m: m.requests_per_second), "{:.2f}"),
            spread(ratios(series, name, "epoll", lambda m: m.cpu_us), "{:.2f}"),
        ])
    return table(header, rows)


def other_programs(shares: Sequence[float]) -> str:
    """What else kept the machine busy: the reason to repeat a run, or to believe it."""
    percents = spread([100 * share for share in shares], "{:.0f} %")
    return f"Other programs had {percents} of the processors meanwhile."


def figures_table(figures: Sequence[Figure]) -> str:
    rows = [(figure.verdict, figure.name, figure.measured, figure.goal) for figure in figures]
    return table(["verdict", "figure", "measured", "goal"], rows)


def notes(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def ratios(series: Series, name: str, peer: str,
           value: Callable[[Measurement], float]) -> list[float]:
    """`name`'s value by `peer`'s, round by round; empty when either did not run."""
    return [value(own) / value(other)
            for own, other in zip(series.get(name, []), series.get(peer, []))]


def spread(values: Sequence[float], form: str) -> str:
    """"median (least..most)", "-" for no values."""
    if not values:
        return "-"
    median = form.format(statistics.median(values))
    if len(values) == 1:
        return median
    return f"{median} ({form.format(min(values))}..{form.format(max(values))})"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def commit() -> str:
    """What is checked out, and whether it was changed since."""
    def git(*arguments: str) -> str:
        run = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
        return run.stdout.strip() if run.returncode == 0 else ""

    short = git("rev-parse", "--short=12", "HEAD") or "unknown"
    changed = git("status", "--porcelain", "--untracked-files=no")
    return f"{short} with uncommitted changes" if changed else short


def _go_version(binary: Path) -> str:
    """Of the toolchain that built `binary`: net/http differs much from one to the next."""
    try:
        run = subprocess.run(["go", "version", str(binary)], capture_output=True, text=True)
    except FileNotFoundError:
        return "unknown"
    return run.stdout.strip().rpartition(" ")[2] if run.returncode == 0 else "unknown"


def device(directory: Path) -> str:
    """Device and file system that hold `directory`: "/dev/sda1, ext4"."""
    place = str(directory.resolve())
    mounts = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, origin = line.partition(" - ")
        point = mount.split()[4]
        if place == point or place.startswith(point.rstrip("/") + "/"):
            kind, device = origin.split()[:2]
            mounts.append((len(point), f"{device}, {kind}"))
    # Of several at one point the last one covers the others.
    return max(reversed(mounts), key=lambda mount: mount[0])[1] if mounts else "unknown"


def processor_model() -> str:
    """As the kernel has it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
