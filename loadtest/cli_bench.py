#!/usr/bin/env python3
"""Measures productctl: seed, import, export and get, each against a productd of its own.

  python3 loadtest/cli_bench.py --output docs/benchmarks-cli.md

What seed and import are compared with is the server's own rate: the same products in one
POST /products/batch, sent by the kernel from a file. Rounds are interleaved, so that whatever else
the machine does is shared; a cell is the median of the rounds with their range.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import seeding
from figures import FigureError
from processors import Watch
from report import (Report, environment, figures_table, megabytes, other_programs, progress,
                    spread, table)
from servers import ROOT, Server, ServerError, command_for, exit_on_sigterm, lmdb_flags, running

PRODUCTS = 1_000_000
QUICK_PRODUCTS = 100_000
MAX_RATIO = 1.3
MAX_RSS_BYTES = 50e6
MAX_GET_MS = 15.0
MIN_EXPORT_MB_PER_SECOND = 200.0
GETS_PER_ROUND = 50
TIMEOUT_SECONDS = 300

GOALS = {
    "seed": ("seed: time by that of the server's own batch", f"<= {MAX_RATIO}"),
    "import": ("import: time by that of the server's own batch", f"<= {MAX_RATIO}"),
    "rss": ("seed, import and export: peak RSS of productctl", f"< {MAX_RSS_BYTES / 1e6:.0f} MB"),
    "get": ("get of one id, start to exit", f"< {MAX_GET_MS:.0f} ms"),
    "export": ("export from the memory engine", f"> {MIN_EXPORT_MB_PER_SECOND:.0f} MB/s"),
}


@dataclass(frozen=True)
class Run:
    """One productctl from its start to its exit."""

    seconds: float
    cpu_seconds: float
    #: Never less than that of this program, which the kernel counts until the exec.
    peak_rss_bytes: int
    server_cpu_seconds: float = 0.0


class CliBench:
    """Runs productctl; what it finds goes to `report`."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._productctl = str((options.bin_dir / "productctl").absolute())
        self._productd = options.bin_dir / "productd"
        self._rounds = 1 if options.quick else 7
        self._products = QUICK_PRODUCTS if options.quick else PRODUCTS
        self._workers = os.cpu_count() or 1
        self._others: list[float] = []
        self._peaks: list[int] = []
        self.report = Report(GOALS)

    def measure(self, directory: Path) -> None:
        file = directory / "products.ndjson"
        with file.open("wb") as out:
            subprocess.run([self._productctl, "seed", "--count", str(self._products), "--dry-run",
                            "-o", "json"], stdout=out, check=True, timeout=TIMEOUT_SECONDS)
        worst = {"seed": 0.0, "import": 0.0}
        for engine in ("memory", "lmdb"):
            ratios = self._transfers(engine, file, directory)
            worst = {name: max(worst[name], ratio) for name, ratio in ratios.items()}
        for name, ratio in worst.items():
            self.report.judge(name, f"{ratio:.2f}", ratio <= MAX_RATIO)
        self._reads(file, directory)
        peak = max(self._peaks)
        self.report.judge("rss", megabytes(peak), peak < MAX_RSS_BYTES)
        self.report.section("The machine meanwhile", other_programs(self._others))

    def _transfers(self, engine: str, file: Path, directory: Path) -> dict[str, float]:
        """Into empty servers; the median ratios to the batch of the same round."""
        ways: dict[str, Callable[[Server], Run]] = {
            "batch": lambda server: self._batch(server, file),
            "seed": lambda server: self._run(server, "seed", "--count", str(self._products)),
            "import": lambda server: self._run(server, "import", str(file)),
        }
        runs: dict[str, list[Run]] = {name: [] for name in ways}
        for turn in range(self._rounds):
            progress(f"cli_bench: {engine}, round {turn + 1} of {self._rounds}")
            for name in _rotated(list(ways), turn):
                with tempfile.TemporaryDirectory(dir=directory) as data, \
                        running("productd", self._command(engine, Path(data)), drain=False) \
                        as server:
                    watch = Watch(server)
                    runs[name].append(ways[name](server))
                    self._others.append(watch.others_share())
        rows = []
        ratios = {}
        for name, series in runs.items():
            by_batch = [run.seconds / batch.seconds
                        for run, batch in zip(series, runs["batch"])]
            ratios[name] = statistics.median(by_batch)
            rows.append([
                name, spread([run.seconds for run in series], "{:.2f}"),
                spread(by_batch, "{:.2f}"), spread([run.cpu_seconds for run in series], "{:.2f}"),
                spread([run.server_cpu_seconds for run in series], "{:.2f}"),
                megabytes(max(run.peak_rss_bytes for run in series)) if name != "batch" else "-",
            ])
        self.report.section(
            f"{self._products:,} products into the {engine} engine",
            "`batch` is one request over one connection, which is the server's own rate.",
            table(["", "seconds", ": batch", "client CPU s", "server CPU s", "client peak RSS"],
                  rows))
        del ratios["batch"]
        return ratios

    def _reads(self, file: Path, directory: Path) -> None:
        """export and get, in turn, of one server that holds everything."""
        exports: list[Run] = []
        gets: list[float] = []
        out = directory / "exported.ndjson"
        with running("productd", self._command("memory", directory)) as server:
            self._batch(server, file)
            for turn in range(self._rounds):
                progress(f"cli_bench: reads, round {turn + 1} of {self._rounds}")
                watch = Watch(server)
                exports.append(self._run(server, "export", str(out)))
                gets += [1000 * self._run(server, "get", str(1 + index), keep=False).seconds
                         for index in range(GETS_PER_ROUND)]
                self._others.append(watch.others_share())
        size = out.stat().st_size
        if size != file.stat().st_size:
            raise FigureError(f"the export has {size} bytes, not {file.stat().st_size}")
        rates = [size / 1e6 / run.seconds for run in exports]
        median = statistics.median(gets)
        high = statistics.quantiles(gets, n=100)[98]
        self.report.judge("export", f"{statistics.median(rates):.0f} MB/s",
                          statistics.median(rates) > MIN_EXPORT_MB_PER_SECOND)
        self.report.judge("get", f"{median:.1f} ms", median < MAX_GET_MS)
        self.report.section(
            f"Reads of {self._products:,} products from the memory engine",
            "An export ends when its file is synced and has its name.",
            table(["", "seconds", "MB/s", "client CPU s"], [
                ["export", spread([run.seconds for run in exports], "{:.2f}"),
                 spread(rates, "{:.0f}"), spread([run.cpu_seconds for run in exports], "{:.2f}")],
            ]),
            f"`get` of one id, from making the process to its exit, {len(gets)} times: median "
            f"{median:.1f} ms, p99 {high:.1f} ms.")

    def _command(self, engine: str, data: Path) -> list[str]:
        command = command_for(self._productd, self._workers)
        return command + lmdb_flags(data / "data") if engine == "lmdb" else command

    def _batch(self, server: Server, file: Path) -> Run:
        before = server.cpu_seconds()
        own = time.process_time()
        seconds = seeding.post_batch(server, file, self._products).seconds
        return Run(seconds, time.process_time() - own, 0, server.cpu_seconds() - before)

    def _run(self, server: Server, *arguments: str, keep: bool = True) -> Run:
        """Until its exit; `keep` counts its memory. Another status than 0 is a FigureError."""
        command = [self._productctl, *arguments, "--endpoint", f"http://{server.address}"]
        before = server.cpu_seconds()
        with tempfile.TemporaryFile() as output:
            # Not subprocess, whose own milliseconds a get would be charged with.
            actions = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                       (os.POSIX_SPAWN_DUP2, output.fileno(), 2)]
            started = time.monotonic()
            pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
            _, status, usage = os.wait4(pid, 0)
            seconds = time.monotonic() - started
            if status != 0:
                output.seek(0)
                raise FigureError(f"{shlex.join(command)}: status {status}\n"
                                  f"{output.read().decode(errors='replace')}")
        peak = usage.ru_maxrss * 1024
        if keep:
            self._peaks.append(peak)
        return Run(seconds, usage.ru_utime + usage.ru_stime, peak, server.cpu_seconds() - before)


def _rotated(names: Sequence[str], turn: int) -> list[str]:
    """Each round begins with another one."""
    first = turn % len(names)
    return [*names[first:], *names[:first]]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help=f"one round of {QUICK_PRODUCTS:,} products")
    parser.add_argument("--strict", action="store_true", help="status 1 when a goal is missed")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the report there too")
    parser.add_argument("--bin-dir", type=Path, default=ROOT / "build" / "release" / "bin",
                        metavar="DIR", help="where the binaries are (default build/release/bin)")
    parser.add_argument("--data-dir", type=Path, default=ROOT / "build", metavar="DIR",
                        help="for the files; what is made there is removed (default build)")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    exit_on_sigterm()
    command_line = shlex.join(["python3", "loadtest/cli_bench.py", *sys.argv[1:]])
    described = environment(command_line, options.bin_dir / "go_peer", options.data_dir)
    bench = CliBench(options)
    try:
        with tempfile.TemporaryDirectory(dir=options.data_dir) as directory:
            bench.measure(Path(directory))
    except (ServerError, FigureError, OSError, subprocess.SubprocessError) as error:
        progress(f"cli_bench: {error}")
        return 1
    figures = bench.report.figures
    text = "\n\n".join(["# Benchmarks of productctl", described, *bench.report.sections,
                        "## Goals", figures_table(figures)]) + "\n"
    print(text, end="")
    if options.output:
        options.output.write_text(text)
    return 0 if all(figure.passed for figure in figures) or not options.strict else 1


if __name__ == "__main__":
    sys.exit(main())
