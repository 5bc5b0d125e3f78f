"""Performs one run and keeps all that was measured, as a value that goes to a file.

A record has the run's parameters, Locust's own statistics, histograms of the whole run from both
sides, and a list of intervals of about a second for each side. Histograms are sparse: the count by
the index of its bucket in "bounds", which are those of "latency", on both sides, or those of "lag".
"""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from experiment.histograms import Exposition, Histogram
from experiment.locust_process import GET_NAME, POST_NAME, SEED_NAME, Locust, LocustError
from experiment.runs import AFTER_SEED_SECONDS, Run
from experiment.sampling import INTERVAL_SECONDS, LoopWatch, Sampler, Scrape, scrape
from processors import Watch
from servers import Server

LOOK_SECONDS = 0.1
# For Locust's start, and for its last requests.
GRACE_SECONDS = 60.0
SERVER_HISTOGRAM = "http_request_duration_seconds"
LAG_HISTOGRAM = "productd_event_loop_lag_seconds"
#: What each kind of request is called by the client and by the server. The server cannot tell the
#: POSTs of the seed from the others.
CLIENT_HISTOGRAMS = {"sent": "locust_response_time_seconds",
                     "intended": "locust_intended_start_latency_seconds"}
CLIENT_NAMES = {"get": GET_NAME, "post": POST_NAME, "seed": SEED_NAME}
SERVER_ROUTES = {"get": ("GET", "/products/{productId}"),
                 "post": ("POST", "/products/{productId}/details")}


@dataclass(frozen=True)
class Target:
    """The server that is loaded."""

    #: ADDRESS:PORT of products, and of /metrics.
    address: str
    metrics_address: str
    #: None when it runs elsewhere and only its metrics tell of it.
    server: Server | None


@dataclass(frozen=True)
class Now:
    """What a progress bar shows."""

    seconds: float
    users: int
    #: Products of the seed that were stored, or could not be.
    seeded: int
    failures: int
    client_cpu: float | None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def perform(run: Run, target: Target, prefix: list[str], port: int,
            look: Callable[[Now], None]) -> dict[str, Any]:
    """The record of one run, in which Locust shows its metrics at `port`. `look` is called once a
    second; what it raises ends Locust.
    """
    pid = target.server.pid if target.server else None
    with tempfile.TemporaryDirectory(prefix="experiment-") as name:
        began = datetime.now(timezone.utc)
        watch = Watch(target.server)
        first = scrape(target.metrics_address, pid)
        locust = Locust(run, target.address, port, Path(name), prefix)
        try:
            client = Sampler(f"127.0.0.1:{port}", locust.pid, starts=True)
            server = Sampler(target.metrics_address, pid)
            loop = LoopWatch(locust.pid)
            try:
                _watch(run, locust, target, client, look)
            finally:
                client_scrapes, server_scrapes = client.stop(), server.stop()
                loop.stop()
        finally:
            locust.stop()
        last = scrape(target.metrics_address, pid)
        others_share = min(1.0, watch.others_share())
        outcome = locust.outcome()

    start = _start(client_scrapes)
    client_intervals = _intervals(client_scrapes, start, _client_histograms)
    server_intervals = _intervals(server_scrapes, start, _server_histograms)
    whole_client = _client_histograms(Exposition(outcome.metrics))
    whole_server = _between(_server_histograms(Exposition(first.text or "")),
                            _server_histograms(Exposition(last.text or "")))
    bounds = {"latency": _common_bounds([*whole_client.values(), *(
                  histogram for kind, histogram in whole_server.items() if kind != "lag")]),
              "lag": whole_server["lag"].bounds}
    return {
        "run": run.to_json(),
        "began": began.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "locust": outcome.rows,
        "failures": outcome.failures,
        "locust_warned_of_cpu": outcome.warned_of_cpu,
        "others_share": others_share,
        "client_waited_share": loop.waited_share(start),
        # Of one that began before the first user, the rest.
        "busy_stretches": [[round(max(0.0, begin - start), 3), round(end - start, 3)]
                           for begin, end in loop.busy_stretches() if end > start],
        "bounds": {kind: [str(bound) for bound in of] for kind, of in bounds.items()},
        "client": _sparse(whole_client),
        "server": _sparse(whole_server),
        "client_intervals": [_interval_json(one) for one in client_intervals],
        "server_intervals": [_interval_json(one) for one in server_intervals],
    }


def _watch(run: Run, locust: Locust, target: Target, client: Sampler,
           look: Callable[[Now], None]) -> None:
    """Returns once Locust has ended, or has run for long enough."""
    began = time.monotonic()
    due = began
    first_user = seeded = None
    before: Scrape | None = None
    while locust.running():
        time.sleep(LOOK_SECONDS)
        now = time.monotonic()
        if now - began > run.longest + GRACE_SECONDS:
            raise LocustError(f"Locust runs on {GRACE_SECONDS:.0f} s after its end")
        if now < due:
            continue
        due += INTERVAL_SECONDS
        if target.server:
            target.server.check()
        latest = client.latest
        seen = _now(now - began, before, latest)
        before = latest
        look(seen)
        if seen.users and first_user is None:
            first_user = now
        if seen.seeded >= run.users * run.seed_count and seeded is None:
            seeded = now
        if has_run_long_enough(run, now, first_user, seeded):
            return


def has_run_long_enough(run: Run, now: float, first_user: float | None,
                        seeded: float | None) -> bool:
    """Of a run that may go on while users seed: `seeded` is when the last product was stored.

    Locust itself ends the others, and at its longest this one.
    """
    if run.longest == run.seconds or first_user is None or seeded is None:
        return False
    return now >= max(first_user + run.seconds, seeded + AFTER_SEED_SECONDS)


def _now(seconds: float, before: Scrape | None, latest: Scrape | None) -> Now:
    metrics = Exposition(latest.text if latest and latest.text else "")
    return Now(seconds, int(metrics.sum("locust_users") or 0),
               int(metrics.sum(f"{CLIENT_HISTOGRAMS['sent']}_count", name=SEED_NAME) or 0),
               int(metrics.sum("locust_failures_total") or 0), _cpu_share(before, latest))


def _cpu_share(before: Scrape | None, after: Scrape | None) -> float | None:
    """Cores used between two scrapes."""
    if (before is None or after is None or before.cpu_seconds is None
            or after.cpu_seconds is None or after.time <= before.time):
        return None
    return (after.cpu_seconds - before.cpu_seconds) / (after.time - before.time)


@dataclass(frozen=True)
class _Interval:
    begin: float
    end: float
    cpu: float | None
    users: float | None
    histograms: dict[str, Histogram]


def _start(scrapes: list[Scrape]) -> float:
    """The moment from which seconds count: the last look at Locust before it had a user."""
    without = scrapes[0].time if scrapes else time.monotonic()
    for one in scrapes:
        if one.text and (Exposition(one.text).sum("locust_users") or 0) > 0:
            break
        without = one.time
    return without


def _intervals(scrapes: list[Scrape], start: float,
               histograms_of: Callable[[Exposition], dict[str, Histogram]]) -> list[_Interval]:
    """Between each two scrapes since `start`.

    One that was not answered is left out, but for those before the first answer, when there was
    nothing to tell: Locust may have users at once. A side that never answers has its processor
    time told.
    """
    found = []
    first_answer = next((one.time for one in scrapes if one.text), float("inf"))
    before: tuple[Scrape, dict[str, Histogram]] | None = None
    for one in scrapes:
        if one.text is None and one.time > first_answer:
            continue
        metrics = Exposition(one.text or "")
        here = histograms_of(metrics)
        if before and one.time > start:
            cpu = _cpu_share(before[0], one)
            if cpu is None and "process_cpu_seconds_total" in (one.text or ""):
                cpu = _told_cpu_share(before[0], one)
            found.append(_Interval(before[0].time - start, one.time - start, cpu,
                                   metrics.sum("locust_users"), _between(before[1], here)))
        before = (one, here)
    return found


def _told_cpu_share(before: Scrape, after: Scrape) -> float | None:
    """By the process's own metric, where it runs on another machine."""
    def told(one: Scrape) -> float | None:
        return Exposition(one.text or "").sum("process_cpu_seconds_total")

    return _cpu_share(Scrape(before.time, told(before), None),
                      Scrape(after.time, told(after), None))


def _client_histograms(metrics: Exposition) -> dict[str, Histogram]:
    return {f"{view}_{kind}": metrics.histogram(histogram, name=name)
            for view, histogram in CLIENT_HISTOGRAMS.items()
            for kind, name in CLIENT_NAMES.items()}


def _server_histograms(metrics: Exposition) -> dict[str, Histogram]:
    found = {kind: metrics.histogram(SERVER_HISTOGRAM, method=method, route=route)
             for kind, (method, route) in SERVER_ROUTES.items()}
    return found | {"lag": metrics.histogram(LAG_HISTOGRAM)}


def _between(before: dict[str, Histogram], after: dict[str, Histogram]) -> dict[str, Histogram]:
    return {kind: histogram.since(before[kind]) for kind, histogram in after.items()}


def _common_bounds(histograms: list[Histogram]) -> tuple[float, ...]:
    found = {histogram.bounds for histogram in histograms if histogram.bounds}
    if len(found) > 1:
        raise LocustError("client and server have different buckets, so they cannot be compared: "
                          "use those of one commit")
    return found.pop() if found else ()


def _sparse(histograms: dict[str, Histogram]) -> dict[str, Any]:
    return {kind: histogram.sparse() for kind, histogram in histograms.items()
            if histogram.bounds}


def _interval_json(interval: _Interval) -> dict[str, Any]:
    return {"begin": round(interval.begin, 3), "end": round(interval.end, 3),
            "cpu": None if interval.cpu is None else round(interval.cpu, 4),
            "users": interval.users, "histograms": _sparse(interval.histograms)}
