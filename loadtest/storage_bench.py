"""The parts of the bench that have a disk beneath them or a large catalogue.

Rounds of what is compared are interleaved, and each round begins with another of the two, as the
rest of the bench does it.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import commit_figures
import goals
import seeding
from figures import FigureError
from open_loop_load import (Latencies, OpenLoopRun, SyncRun, measure, measure_device,
                            write_catalogue)
from report import (Report, device, megabytes, notes, other_programs, progress, spread,
                    table)
from servers import Server, command_for, lmdb_flags, running

MIX_READS_PER_SECOND = 10_000
MIX_POST_SHARE = 0.1
LARGE_READS_PER_SECOND = 10_000
LATENCY_COLUMNS = ["p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "most ms"]
# Of the large part: the file and what the table makes of it.
BYTES_PER_LARGE_PRODUCT = 140
MEMORY_PER_LARGE_PRODUCT = 300


@dataclass(frozen=True)
class Length:
    """How long a part runs."""

    rounds: int
    seconds: int


class StorageBench:
    """Measures productd alone; what it finds goes to a report."""

    def __init__(self, bin_dir: Path, data_dir: Path, quick: bool, report: Report) -> None:
        self._bin_dir = bin_dir.absolute()
        self._open_loop = self._bin_dir / "open_loop"
        self._data_dir = data_dir
        self._report = report
        self._upsert = Length(1, 3) if quick else Length(3, 10)
        self._mix = Length(1, 2) if quick else Length(5, 5)
        self._large = Length(1, 2) if quick else Length(5, 5)
        self._large_products = goals.MANY_PRODUCTS if quick else goals.LARGE_PRODUCTS

    def upsert(self) -> None:
        """Upserts at a fixed rate, in turn with the fdatasyncs of the device at the same rate."""
        rate = goals.UPSERTS_PER_SECOND
        upserts: dict[str, list[OpenLoopRun]] = {"poisson": [], "fixed": []}
        syncs: list[SyncRun] = []
        remarks: list[str] = []
        others: list[float] = []
        with self._workspace() as directory, \
                self._filled(directory, goals.MANY_PRODUCTS) as server:
            def upsert(arrivals: str) -> Callable[[int], None]:
                def run(turn: int) -> None:
                    before = commit_figures.scrape(server.address)
                    result = measure(self._open_loop, server, rate, 1, goals.MANY_PRODUCTS,
                                     self._upsert.seconds, turn, arrivals)
                    commits = commit_figures.between(
                        before, commit_figures.scrape(server.address))
                    upserts[arrivals].append(result)
                    others.append(result.others_share)
                    remarks.extend(_said(turn, arrivals, [str(commits), *result.problems]))
                return run

            def sync(turn: int) -> None:
                result = measure_device(self._open_loop, directory, rate, self._upsert.seconds,
                                        turn)
                syncs.append(result)
                others.append(result.others_share)
                remarks.extend(_said(turn, "fdatasync", result.problems))

            self._in_turn(f"{rate} upserts/s", self._upsert.rounds,
                          {**{name: upsert(name) for name in upserts}, "fdatasync": sync})
        durations = [run.duration for run in syncs]
        random, even = ([run.post for run in runs] for runs in upserts.values())
        latencies = {"upserts, at random times": random,
                     "upserts, evenly spaced": even,
                     "fdatasync of 4 KiB, from due": [run.from_due for run in syncs],
                     "fdatasync of 4 KiB, from call": durations}
        rows = [[name, _counts(runs), *_cells(runs), spread(_p99_ratios(runs, durations), "{:.2f}")]
                for name, runs in latencies.items()]
        self._report.section(
            f"{rate:,} upserts/s at a fixed rate, lmdb, {goals.MANY_PRODUCTS:,} products",
            table(["", "count", *LATENCY_COLUMNS, "p99 : fdatasync's"], rows),
            "The goal compares the first row with the last: the fdatasync by itself, called when "
            "nothing else waits for the device. From due it also waits for the one before, as an "
            "upsert waits for the commit before its own.",
            other_programs(others), notes(remarks))
        ratio = statistics.median(_p99_ratios(random, durations))
        self._judge("upsert", upserts["poisson"], f"{ratio:.2f} x",
                    ratio <= goals.UPSERT_TO_FDATASYNC)

    def mix(self) -> None:
        """The same reads with and without writes beside them."""
        reads = MIX_READS_PER_SECOND
        both = reads / (1 - MIX_POST_SHARE)
        runs: dict[str, list[OpenLoopRun]] = {"reads alone": [], "reads beside writes": []}
        shares = {"reads alone": (reads, 0.0), "reads beside writes": (both, MIX_POST_SHARE)}
        problems: list[str] = []
        others: list[float] = []
        with self._workspace() as directory:
            with self._filled(directory, goals.MANY_PRODUCTS) as server:
                def load(name: str) -> Callable[[int], None]:
                    def run(turn: int) -> None:
                        result = measure(self._open_loop, server, *shares[name],
                                         goals.MANY_PRODUCTS, self._mix.seconds, seed=turn)
                        runs[name].append(result)
                        others.append(result.others_share)
                        problems.extend(_said(turn, name, result.problems))
                    return run

                self._in_turn("reads and writes", self._mix.rounds,
                              {name: load(name) for name in runs})
        alone, beside = ([run.get for run in of] for of in runs.values())
        writes = [run.post for run in runs["reads beside writes"]]
        ratios = _p99_ratios(beside, alone)
        rows = [["reads alone", _counts(alone), *_cells(alone), "1"],
                ["reads beside writes", _counts(beside), *_cells(beside), spread(ratios, "{:.2f}")],
                ["the writes", _counts(writes), *_cells(writes), "-"]]
        self._report.section(
            f"{reads:,} reads/s at a fixed rate, with and without {both - reads:,.0f} writes/s, "
            f"lmdb, {goals.MANY_PRODUCTS:,} products",
            table(["", "count", *LATENCY_COLUMNS, "p99 : reads alone"], rows),
            "The generator shares the processors: of these latencies, p99 of its own delay was "
            + ", ".join(f"{_own_p99(of)} ms for {name}" for name, of in runs.items()) + ".",
            other_programs(others), notes(problems))
        ratio = statistics.median(ratios)
        self._judge("mix", [run for of in runs.values() for run in of], f"{ratio:.2f} x",
                    ratio < goals.READS_BESIDE_WRITES)

    def batch(self) -> None:
        """One batch into an empty catalogue of either engine; kills and starts of lmdb."""
        count = goals.MANY_PRODUCTS
        with self._workspace() as directory:
            file = self._catalogue(directory, count)
            json_bytes = file.stat().st_size
            progress(f"{count} products by one batch: memory")
            with running("productd", self._command(), drain=False) as server:
                memory = seeding.post_batch(server, file, count)
            progress(f"{count} products by one batch: lmdb")
            command = [*self._command(), *lmdb_flags(directory / "data"), "--log-level", "info"]
            # Killed: nothing that is done at an orderly end may be what makes them durable.
            with running("productd", command, drain=False) as server:
                lmdb = seeding.post_batch(server, file, count)
            data_file = directory / "data" / "data.mdb"
            data_bytes = data_file.stat().st_size
            starts: dict[str, seeding.Restarted] = {}
            for name in ("the device", "the page cache"):
                progress(f"start of lmdb, from {name}")
                if name == "the device":
                    seeding.evict(data_file)
                with running("productd", command, drain=False) as server:
                    starts[name] = seeding.look_at_restarted(server, count)
        rows = [[name, f"{of.seconds:.2f}", f"{count / of.seconds:,.0f}", megabytes(of.rss_bytes),
                 f"{of.rss_bytes / json_bytes:.2f}", megabytes(of.peak_rss_bytes)]
                for name, of in (("memory", memory), ("lmdb", lmdb))]
        self._report.section(
            f"{count:,} products by one batch",
            table(["engine", "seconds", "products/s", "RSS", "RSS : JSON", "peak RSS"], rows),
            notes([f"one connection, one POST /products/batch of {megabytes(json_bytes)}, from "
                   "connecting to the last byte of the answer",
                   f"data file {megabytes(data_bytes)}, {data_bytes / json_bytes:.2f} x the JSON",
                   *(f"lmdb killed and started, its file read from {name}: ready after "
                     f"{of.start_seconds:.2f} s (by its log {of.load_seconds:.2f} s for reading), "
                     f"RSS {megabytes(of.rss_bytes)}, {of.rss_bytes / json_bytes:.2f} x the JSON; "
                     f"all counted and {of.sampled:,} read" for name, of in starts.items())]))
        self._report.judge("batch", f"{lmdb.seconds:.2f} s", lmdb.seconds < goals.BATCH_SECONDS)
        seeded, restarted = (rss / json_bytes for rss in (
            lmdb.rss_bytes, max(of.rss_bytes for of in starts.values())))
        self._report.judge("lmdb memory", f"{seeded:.2f} x, {restarted:.2f} x",
                           max(seeded, restarted) <= goals.RSS_TO_JSON)
        seconds = max(of.start_seconds for of in starts.values())
        self._report.judge("load", f"{seconds:.2f} s", seconds < goals.LOAD_SECONDS)

    def large(self) -> None:
        """The same reads of a small and of a large catalogue, each in a server of its own."""
        rate = LARGE_READS_PER_SECOND
        count = self._large_products
        runs: dict[int, list[OpenLoopRun]] = {goals.SMALL_PRODUCTS: [], count: []}
        problems: list[str] = []
        others: list[float] = []
        with self._workspace() as directory, contextlib.ExitStack() as stack:
            self._check_room(directory, count)
            servers: dict[int, Server] = {}
            for products in runs:
                file = self._catalogue(directory, products)
                servers[products] = stack.enter_context(running(
                    f"productd-{products}",
                    [*self._command(), "--storage-preload", str(file)], drain=False))
                file.unlink()

            def load(products: int) -> Callable[[int], None]:
                def run(turn: int) -> None:
                    result = measure(self._open_loop, servers[products], rate, 0, products,
                                     self._large.seconds, seed=turn)
                    runs[products].append(result)
                    others.append(result.others_share)
                    problems.extend(_said(turn, f"{products:,} products", result.problems))
                return run

            self._in_turn("reads", self._large.rounds,
                          {f"{products} products": load(products) for products in runs})
            rss = {products: server.rss_bytes() for products, server in servers.items()}
            start_seconds = servers[count].start_seconds
        latencies = {products: [run.get for run in of] for products, of in runs.items()}
        small, large = latencies.values()
        ratios = {key: [getattr(many, key) / getattr(few, key) for many, few in zip(large, small)]
                  for key in ("p50_us", "p99_us")}
        rows = [[f"{products:,}", _counts(of), *_cells(of), megabytes(rss[products]),
                 *(spread(ratios[key], "{:.2f}") if products == count else "1" for key in ratios)]
                for products, of in latencies.items()]
        self._report.section(
            f"{rate:,} reads/s at a fixed rate, of {goals.SMALL_PRODUCTS:,} and of {count:,} "
            "products, memory",
            table(["products", "count", *LATENCY_COLUMNS, "RSS", "p50 : small", "p99 : small"],
                  rows),
            "Reads are answered from the table whatever the engine, so they are measured with one.",
            other_programs(others),
            notes([f"{count:,} products were read from a file and served after "
                   f"{start_seconds:.1f} s", *problems]))
        if count == goals.LARGE_PRODUCTS:
            p50, p99 = (statistics.median(values) for values in ratios.values())
            self._judge("large", [run for of in runs.values() for run in of],
                        f"{p50:.2f} x, {p99:.2f} x", max(p50, p99) <= goals.LARGE_TO_SMALL)

    def _judge(self, goal: str, runs: Sequence[OpenLoopRun], measured: str, passed: bool) -> None:
        """A figure of runs that did not keep their rate is not the figure asked for."""
        kept = all(run.kept_rate for run in runs)
        self._report.judge(goal, measured if kept else f"{measured}, rate not kept",
                           passed and kept)

    def _command(self) -> list[str]:
        return command_for(self._bin_dir / "productd", len(os.sched_getaffinity(0)))

    @contextlib.contextmanager
    def _workspace(self) -> Iterator[Path]:
        """A directory on the device that is measured, for the length of a with block."""
        self._data_dir.mkdir(parents=True, exist_ok=True)
        if device(self._data_dir).endswith("tmpfs"):
            raise FigureError(f"{self._data_dir} is in memory; --data-dir names another")
        with tempfile.TemporaryDirectory(prefix="bench-", dir=self._data_dir) as directory:
            yield Path(directory).absolute()

    def _catalogue(self, directory: Path, products: int) -> Path:
        file = directory / f"{products}.ndjson"
        write_catalogue(self._open_loop, products, file)
        return file

    @contextlib.contextmanager
    def _filled(self, directory: Path, products: int) -> Iterator[Server]:
        """A productd with lmdb that holds the products, for the length of a with block."""
        file = self._catalogue(directory, products)
        progress(f"filling lmdb with {products} products")
        command = [*self._command(), *lmdb_flags(directory / "data"),
                   "--storage-preload", str(file)]
        with running("productd", command) as server:
            yield server

    @staticmethod
    def _in_turn(title: str, rounds: int, runs: dict[str, Callable[[int], None]]) -> None:
        names = list(runs)
        for turn in range(1, rounds + 1):
            first = (turn - 1) % len(names)
            for name in names[first:] + names[:first]:
                progress(f"{title}, round {turn} of {rounds}: {name}")
                runs[name](turn)

    @staticmethod
    def _check_room(directory: Path, products: int) -> None:
        disk = os.statvfs(directory)
        if disk.f_bavail * disk.f_frsize < products * BYTES_PER_LARGE_PRODUCT:
            raise FigureError(f"no room for {products} products in {directory}")
        memory = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if memory < products * MEMORY_PER_LARGE_PRODUCT:
            raise FigureError(f"{megabytes(memory)} of memory are too little for {products} "
                              "products; --parts leaves large out")


def _p99_ratios(runs: Sequence[Latencies], others: Sequence[Latencies]) -> list[float]:
    return [run.p99_us / other.p99_us for run, other in zip(runs, others)]


def _counts(runs: Sequence[Latencies]) -> str:
    return spread([run.count for run in runs], "{:,.0f}")


def _cells(runs: Sequence[Latencies]) -> list[str]:
    """For the LATENCY_COLUMNS."""
    return [spread([getattr(run, key) / 1000 for run in runs], "{:.2f}")
            for key in ("p50_us", "p90_us", "p99_us", "p999_us", "max_us")]


def _own_p99(runs: Sequence[OpenLoopRun]) -> str:
    return spread([run.own_p99_us / 1000 for run in runs], "{:.2f}")


def _said(turn: int, name: str, problems: Sequence[str]) -> list[str]:
    return [f"round {turn}, {name}: {problem}" for problem in problems]
