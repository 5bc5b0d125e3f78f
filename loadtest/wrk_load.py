"""Runs wrk against a server and says what a request cost."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from processors import Watch
from servers import Server

SCRIPT = Path(__file__).resolve().parent / "wrk" / "products.lua"
# Two, the processors of the smallest machine this is meant for: with one thread wrk itself becomes
# the limit of the fastest server; with more the threads take the processors from the server.
WRK_THREADS = 2
WARM_UP_SECONDS = 1
ERROR_KEYS = ("connect_errors", "read_errors", "write_errors", "timeouts", "refused")


class LoadError(RuntimeError):
    """wrk failed, or a request did."""


@dataclass(frozen=True)
class Measurement:
    """One wrk run. Percentiles are wrk's, so they are of a closed loop."""

    requests_per_second: float
    p50_us: float
    p99_us: float
    #: Server time, user and system, by request.
    cpu_us: float
    peak_rss_bytes: int
    #: Part of all processors, 0..1, that neither the server nor wrk had, but someone else.
    others_share: float


def measure(server: Server, connections: int, seconds: int, arguments: list[str]) -> Measurement:
    """Loads `server` for `seconds` after a warm-up. `arguments` are those of wrk/products.lua."""
    _run_wrk(server, connections, WARM_UP_SECONDS, arguments)
    watch = Watch(server)
    result = _run_wrk(server, connections, seconds, arguments)
    cpu_seconds, others_share = watch.server_seconds(), watch.others_share()
    server.check()
    return Measurement(
        requests_per_second=result["requests"] / (result["duration_us"] / 1e6),
        p50_us=result["p50_us"],
        p99_us=result["p99_us"],
        cpu_us=cpu_seconds * 1e6 / result["requests"],
        peak_rss_bytes=server.peak_rss_bytes(),
        others_share=others_share)


def _run_wrk(server: Server, connections: int, seconds: int,
             arguments: list[str]) -> dict[str, int]:
    command = ["wrk", f"-t{WRK_THREADS}", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT),
               f"http://{server.address}", "--", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    last_line = run.stdout.rstrip().rpartition("\n")[2]
    if run.returncode != 0 or not last_line.startswith("RESULT "):
        server.check()
        raise LoadError(f"wrk against {server.name} failed:\n{run.stdout}{run.stderr}")
    result: dict[str, int] = json.loads(last_line.removeprefix("RESULT "))
    errors = {key: result[key] for key in ERROR_KEYS if result[key]}
    if errors or result["requests"] == 0:
        raise LoadError(f"{server.name}, {connections} connections: {result['requests']} requests, "
                        f"errors {errors}")
    return result
