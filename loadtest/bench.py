#!/usr/bin/env python3
"""Measures productd against its peers and the disk of this machine and says which goals it meets.

  python3 loadtest/bench.py                         everything, about seven minutes
  python3 loadtest/bench.py --quick --only go,epoll

Needs wrk and the binaries of the release build. Progress goes to stderr, the report to stdout and,
with --output, to a file. A missed goal is reported and no failure, unless --strict; a server that
fails, or answers anything but what it should, ends the run with status 1.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import catalogue
import figures
import goals
import report
from catalogue import CatalogueError
from figures import FigureError
from report import Report, Series, progress
from servers import ROOT, Server, ServerError, command_for, exit_on_sigterm, running
from scrape_bench import ScrapeBench
from storage_bench import StorageBench
from wrk_load import LoadError, measure

BINARIES = {"productd": "productd", "go": "go_peer", "epoll": "epoll_responder"}
SERVER_PARTS = ("get", "post", "start", "idle", "memory")
STORAGE_PARTS = ("upsert", "mix", "batch", "large")
PARTS = (*SERVER_PARTS, *STORAGE_PARTS, "scrape")
CONNECTIONS = (64, 1000)
PRODUCTS = 1000


class Bench:
    """One run: what to measure, and what came of it, as markdown sections and figures."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.names: list[str] = options.only
        self.bin_dir: Path = options.bin_dir
        self.rounds = 1 if options.quick else 3
        self.seconds = 1 if options.quick else 4
        self.starts = 3 if options.quick else 10
        self.report = Report(goals.GOALS)
        self.scrapes = ScrapeBench(self.bin_dir, options.quick, self.report)
        self.storage = StorageBench(self.bin_dir, options.data_dir, options.quick, self.report)

    def command(self, name: str) -> list[str]:
        threads = len(os.sched_getaffinity(0))
        return command_for(self.bin_dir / BINARIES[name], threads, PRODUCTS)

    def filled(self, name: str, stack: contextlib.ExitStack) -> Server:
        """A fresh server that holds the products, each checked; `stack` stops it."""
        server = stack.enter_context(running(name, self.command(name)))
        if name != "epoll":
            catalogue.fill(server.address, PRODUCTS)
        catalogue.check(server.address, range(1, PRODUCTS + 1))
        return server

    def load(self, title: str, names: list[str], connections: int, arguments: list[str]) -> Series:
        """Rounds of wrk against each server in turn; fresh servers, for peak RSS never falls."""
        series: Series = {name: [] for name in names}
        with contextlib.ExitStack() as stack:
            servers = [self.filled(name, stack) for name in names]
            for turn in range(1, self.rounds + 1):
                # Each round begins with another server, so that none always follows the same one.
                first = (turn - 1) % len(servers)
                for server in servers[first:] + servers[:first]:
                    progress(f"{title}, round {turn} of {self.rounds}: {server.name}")
                    series[server.name].append(
                        measure(server, connections, self.seconds, arguments))
            # wrk looks at the status only: what was served is still what it should be.
            for server in servers:
                catalogue.check(server.address, range(1, PRODUCTS + 1))
        others = [of.others_share for rounds in series.values() for of in rounds]
        self.report.section(title, report.load_table(series), report.other_programs(others))
        return series

    def get(self) -> None:
        for connections in CONNECTIONS:
            series = self.load(f"GET, {connections} connections", self.names, connections,
                               ["get", str(PRODUCTS)])
            if connections == CONNECTIONS[0]:
                self.judge_get(series)

    def judge_get(self, series: Series) -> None:
        throughput = report.ratios(series, "productd", "go", lambda m: m.requests_per_second)
        cpu = report.ratios(series, "productd", "epoll", lambda m: m.cpu_us)
        if throughput:
            ratio = statistics.median(throughput)
            self.report.judge("throughput", f"{ratio:.2f} x", ratio >= goals.THROUGHPUT_TO_GO)
        if cpu:
            ratio = statistics.median(cpu)
            self.report.judge("cpu", f"{ratio:.2f} x", ratio <= goals.CPU_TO_EPOLL)

    def post(self) -> None:
        with tempfile.NamedTemporaryFile(prefix="products-") as bodies:
            for product_id in range(1, PRODUCTS + 1):
                bodies.write(catalogue.body(product_id))
            bodies.flush()
            names = [name for name in self.names if name != "epoll"]
            self.load(f"POST, {CONNECTIONS[0]} connections, in memory, no goal", names,
                      CONNECTIONS[0], ["put", bodies.name])

    def start(self) -> None:
        for name in self.names:
            progress(f"start to ready: {name}")
            seconds = figures.median_start_seconds(name, self.command(name), self.starts)
            measured = f"{seconds * 1000:.1f} ms"
            self.report.notes.append(f"start to ready, median of {self.starts}: {name} {measured}")
            if name == "productd":
                self.report.judge("start", measured, seconds < goals.START_SECONDS)

    def idle(self) -> None:
        figures.raise_descriptor_limit(goals.IDLE_CONNECTIONS + 200)
        for name in self.names:
            progress(f"{goals.IDLE_CONNECTIONS} idle connections: {name}")
            with running(name, self.command(name), drain=False) as server:
                if name != "epoll":
                    catalogue.fill(server.address, 1)
                cost = figures.idle_connections(server, goals.IDLE_CONNECTIONS)
            self.report.notes.append(
                f"RSS of {cost.connections:,} idle connections: {name} "
                f"{report.megabytes(cost.opened_bytes)} when opened, "
                f"{report.megabytes(cost.used_bytes)} after one GET on each")
            if name == "productd":
                self.report.judge("idle", report.megabytes(cost.cost_bytes),
                                  cost.cost_bytes < goals.IDLE_BYTES)

    def memory(self) -> None:
        if "productd" not in self.names:
            return
        productctl = self.bin_dir / "productctl"
        progress(f"memory of {goals.MANY_PRODUCTS:,} products")
        with running("productd", self.command("productd"), drain=False) as server:
            cost = figures.catalogue_memory(server, productctl, goals.MANY_PRODUCTS)
        self.report.judge(
            "memory",
            f"{cost.ratio:.2f} x ({report.megabytes(cost.rss_bytes)} for "
            f"{report.megabytes(cost.json_bytes)})", cost.ratio <= goals.RSS_TO_JSON)
        self.report.notes.append(
            f"productctl seeded {cost.products:,} products in {cost.seed_seconds:.1f} s, "
            f"{cost.products / cost.seed_seconds:,.0f}/s; peak RSS "
            f"{report.megabytes(cost.peak_rss_bytes)}; JSON bytes are the bodies of all of them")


def parse_arguments() -> argparse.Namespace:
    def names_of(known: tuple[str, ...]) -> Callable[[str], list[str]]:
        def parse(text: str) -> list[str]:
            chosen = text.split(",")
            for name in chosen:
                if name not in known:
                    raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
            return [name for name in known if name in chosen]
        return parse

    servers = tuple(BINARIES)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=names_of(servers), default=list(servers), metavar="SERVERS",
                        help=f"of {','.join(servers)} (default all)")
    parser.add_argument("--parts", type=names_of(PARTS), metavar="PARTS",
                        help=f"of {','.join(PARTS)} (default all; --quick leaves memory out)")
    parser.add_argument("--quick", action="store_true",
                        help="one round of short runs, 3 starts, and no goal for large")
    parser.add_argument("--strict", action="store_true",
                        help="status 1 when a goal is missed or was not measured")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the report there too")
    parser.add_argument("--bin-dir", type=Path, default=ROOT / "build" / "release" / "bin",
                        metavar="DIR", help="where the binaries are (default build/release/bin)")
    parser.add_argument("--data-dir", type=Path, default=ROOT / "build", metavar="DIR",
                        help="on the device to be measured; a directory made there is removed "
                        "again (default build)")
    options = parser.parse_args()
    if options.parts is None:
        options.parts = [part for part in PARTS if not (options.quick and part == "memory")]
    return options


def main() -> int:
    options = parse_arguments()
    exit_on_sigterm()
    command_line = shlex.join(["python3", "loadtest/bench.py", *sys.argv[1:]])
    environment = report.environment(command_line, options.bin_dir / BINARIES["go"],
                                     options.data_dir)
    bench = Bench(options)
    try:
        for part in options.parts:
            if part in SERVER_PARTS:
                getattr(bench, part)()
            elif "productd" not in options.only:
                continue
            elif part in STORAGE_PARTS:
                getattr(bench.storage, part)()
            else:
                bench.scrapes.scrape()
    except (ServerError, LoadError, CatalogueError, FigureError, OSError,
            subprocess.TimeoutExpired) as error:
        progress(f"bench: {error}")
        return 1
    text = bench.report.markdown(environment)
    print(text, end="")
    if options.output:
        options.output.write_text(text)
    reached = all(figure.passed for figure in bench.report.figures)
    return 0 if reached or not options.strict else 1


if __name__ == "__main__":
    sys.exit(main())
