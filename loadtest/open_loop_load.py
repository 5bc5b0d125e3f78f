"""Runs open_loop, which loads a server, or the device, at the times of a schedule."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processors import Watch
from servers import Server
from wrk_load import LoadError

WARM_UP_SECONDS = 1
# More than requests are ever under way here, so that a read never waits for a write's connection.
CONNECTIONS = 256
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Latencies:
    """Of one kind in one run, in microseconds; each of them is one that was measured."""

    count: int
    p50_us: float
    p90_us: float
    p99_us: float
    p999_us: float
    max_us: float

    @classmethod
    def of(cls, count: int, summary: dict[str, Any]) -> Latencies:
        return cls(count, *(summary[key] for key in
                            ("p50_us", "p90_us", "p99_us", "p999_us", "max_us")))


@dataclass(frozen=True)
class OpenLoopRun:
    """A run against a server. Latencies count from when a request was due."""

    get: Latencies
    post: Latencies
    #: p99 of how late the generator sent what a connection was free for: a part of every latency.
    own_p99_us: float
    #: Why the figures are not those of the rate, in sentences; also that a rate was not kept.
    problems: list[str]
    #: False when requests stayed unanswered, so that no latency counts them, or fell behind.
    kept_rate: bool
    #: Part of all processors, 0..1, that neither server nor generator had.
    others_share: float


@dataclass(frozen=True)
class SyncRun:
    """A run of 4 KiB fdatasyncs, one after the other, at Poisson arrivals."""

    #: From call to return.
    duration: Latencies
    #: From when it was due.
    from_due: Latencies
    problems: list[str]
    others_share: float


def measure(open_loop: Path, server: Server, per_second: float, post_share: float, products: int,
            seconds: int, seed: int, arrivals: str = "poisson") -> OpenLoopRun:
    """Any id of the catalogue is as likely as any other. `arrivals` is poisson or fixed."""
    watch = Watch(server)
    result = _run(open_loop, seconds, [
        "http", "--address", server.address, "--rate", str(per_second),
        "--post-share", str(post_share), "--products", str(products),
        "--connections", str(CONNECTIONS), "--warm-up-seconds", str(WARM_UP_SECONDS),
        "--seconds", str(seconds), "--seed", str(seed), "--arrivals", arrivals])
    server.check()
    kinds = {kind: result[kind] for kind in ("get", "post")}
    wrong = sum(kind["errors"] for kind in kinds.values())
    if wrong:
        raise LoadError(f"{server.name} answered {wrong} requests wrongly: {result}")
    return OpenLoopRun(
        **{name: Latencies.of(kind["answered"], kind) for name, kind in kinds.items()},
        own_p99_us=result["own_delay"]["p99_us"], problems=result["problems"],
        kept_rate=result["kept_rate"], others_share=watch.others_share())


def measure_device(open_loop: Path, directory: Path, per_second: float, seconds: int,
                   seed: int) -> SyncRun:
    """Writes a page and syncs it at the same times, as long as the device keeps up."""
    watch = Watch()
    result = _run(open_loop, seconds, [
        "fdatasync", "--directory", str(directory), "--rate", str(per_second),
        "--seconds", str(seconds), "--seed", str(seed)])
    return SyncRun(*(Latencies.of(result["written"], result[key])
                     for key in ("duration", "from_due")), result["problems"],
                   watch.others_share())


def write_catalogue(open_loop: Path, products: int, file: Path) -> None:
    """Products 1..`products` to a new file, one a line."""
    _run(open_loop, 0, ["catalogue", "--products", str(products), "--output", str(file)])


def _run(open_loop: Path, seconds: int, arguments: list[str]) -> dict[str, Any]:
    try:
        run = subprocess.run([str(open_loop), *arguments], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=seconds + PATIENCE_SECONDS)
    except FileNotFoundError:
        raise LoadError(f"{open_loop} is missing; build it first") from None
    if run.returncode != 0:
        raise LoadError(f"open_loop {arguments[0]}: status {run.returncode}\n{run.stderr}")
    result: dict[str, Any] = json.loads(run.stdout) if run.stdout else {}
    return result
