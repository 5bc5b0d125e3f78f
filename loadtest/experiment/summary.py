"""What a report shows of one run, computed from its record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from experiment import verdict
from experiment.histograms import Histogram, total
from experiment.locust_process import GET_NAME, POST_NAME, SEED_NAME
from experiment.runs import Run
from experiment.verdict import Evidence

#: Of the end of a run, when all users are there and have seeded, as a rule: its rate is the one
#: that Locust's own page shows as current.
LAST_SECONDS = 10.0
LAST_PART = 1 / 3
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
#: An interval as short as the first one may be says little of a second.
WHOLE_SECOND = 0.5
#: A mark on a curve over time needs this many requests in its interval.
LEAST_IN_INTERVAL = 5

Intervals = list[dict[str, Any]]


class _Record:
    """A record with its sparse histograms at hand."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.fields = record
        self._bounds = {kind: tuple(float(bound) for bound in bounds)
                        for kind, bounds in record["bounds"].items()}

    def whole(self, side: str, kind: str) -> Histogram:
        return self._histogram(self.fields[side], kind)

    def of(self, interval: dict[str, Any], kind: str) -> Histogram:
        return self._histogram(interval["histograms"], kind)

    def _histogram(self, histograms: dict[str, Any], kind: str) -> Histogram:
        bounds = self._bounds["lag" if kind == "lag" else "latency"]
        return Histogram.from_sparse(bounds, histograms.get(kind, {}))

    def lag(self, quantile: float) -> float | None:
        """Of the event loop. Its first bucket is wide, so what lies in it counts as none."""
        histogram = self.whole("server", "lag")
        return 0.0 if histogram.bucket_of(quantile) == 0 else histogram.quantile(quantile)


def summarize(fields: dict[str, Any]) -> dict[str, Any]:
    """JSON: times are seconds where the name does not say otherwise."""
    record = _Record(fields)
    run = Run(**fields["run"])
    client: Intervals = fields["client_intervals"]
    server: Intervals = fields["server_intervals"]
    evidence = _evidence(record, client)
    judged = verdict.judge(evidence)
    seeding = _seeding_seconds(record, client)
    after_seed = _after_seed(record, client, server, seeding or 0.0)
    return {
        "name": run.name,
        "title": run.title,
        "run": fields["run"],
        "began": fields["began"],
        "locust": _as_locust_shows(fields["locust"]),
        "failures": fields["failures"],
        "requests_per_second": _last_rate(record, client, last_seconds(run)),
        "views": {kind: _views(record, kind) for kind in ("get", "post")},
        "lag_p99": record.lag(0.99),
        "client_cpu": _cpu(client) | {
            "waited": fields["client_waited_share"],
            "longest_stretch": max((end - begin for begin, end in fields["busy_stretches"]),
                                   default=0.0)},
        "server_cpu": _cpu(server),
        "client_cpu_by_request": _cpu_by_request(record, client),
        "others_share": fields["others_share"],
        "locust_warned_of_cpu": fields["locust_warned_of_cpu"],
        "seconds": client[-1]["end"] if client else None,
        "seeding_seconds": seeding,
        "tail": {"quantile": verdict.tail_quantile(evidence.requests),
                 "source": judged.source.value,
                 "sentence": judged.sentence + _after_seed_sentence(after_seed),
                 "after_seed_p99": after_seed,
                 "busy_share": evidence.busy_share, "seeding_share": evidence.seeding_share},
        "curves": {"client": [_point(record, one, "sent_get", "intended_get") for one in client],
                   "server": [_point(record, one, "get") for one in server]},
        "distributions": {
            "intended": record.whole("client", "intended_get").distribution(),
            "sent": record.whole("client", "sent_get").distribution(),
            "server": record.whole("server", "get").distribution()},
    }


def _as_locust_shows(rows: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Locust's own figures, in milliseconds and rounded as it rounds them."""
    def of(name: str, column: str) -> float | None:
        text = rows.get(name, {}).get(column, "N/A")
        return None if text in ("", "N/A") else float(text)

    shown: dict[str, Any] = {}
    for kind, name in (("get", GET_NAME), ("post", POST_NAME), ("seed", SEED_NAME)):
        for quantile, column in (("p50", "50%"), ("p95", "95%"), ("p99", "99%")):
            shown[f"{kind}_{quantile}"] = of(name, column)
        shown[f"{kind}_count"] = of(name, "Request Count") or 0
    rates = [of(name, "Requests/s") or 0.0 for name in (GET_NAME, POST_NAME)]
    shown["mean_requests_per_second"] = sum(rates)
    return shown


def _views(record: _Record, kind: str) -> dict[str, Any]:
    """The same requests seen from three places. The server's POSTs have the seed's among them."""
    kinds = [kind] if kind == "get" else ["post", "seed"]
    views = {"intended": total(record.whole("client", f"intended_{one}") for one in kinds),
             "sent": total(record.whole("client", f"sent_{one}") for one in kinds),
             "server": record.whole("server", kind)}
    return {view: {"count": int(histogram.count)} | {
        name: histogram.quantile(quantile) for name, quantile in QUANTILES.items()}
        for view, histogram in views.items()}


def _evidence(record: _Record, client: Intervals) -> Evidence:
    intended = record.whole("client", "intended_get")
    server = record.whole("server", "get")
    quantile = verdict.tail_quantile(int(intended.count)) or verdict.QUANTILES[-1]
    cpu = _cpu(client)
    tail = intended.quantile(quantile) or 0.0
    return Evidence(
        requests=int(intended.count),
        intended=intended.quantile(quantile),
        sent=record.whole("client", "sent_get").quantile(quantile),
        server=server.quantile(quantile),
        lag=record.lag(quantile),
        busy_share=_share_of_slow(record, client, quantile, lambda one: _longest_busy(
            record.fields["busy_stretches"], one) >= verdict.STRETCH_SHARE * tail),
        cpu_mean=cpu["mean"], cpu_worst=cpu["worst"],
        seeding_share=_share_of_slow(record, client, quantile,
                                     lambda one: record.of(one, "sent_seed").count > 0),
        waited_share=record.fields["client_waited_share"],
        others_share=record.fields["others_share"])


def _longest_busy(stretches: list[list[float]], interval: dict[str, Any]) -> float:
    """Seconds of the longest stretch of a busy loop that reaches into the interval.

    The whole of it, for a request that waited since the second before is answered in this one. No
    stretch is -1: even of a tail of nothing it explains nothing.
    """
    return max((end - begin for begin, end in stretches
                if begin < interval["end"] and end > interval["begin"]), default=-1.0)


def _share_of_slow(record: _Record, client: Intervals, quantile: float,
                   chosen: Callable[[dict[str, Any]], bool]) -> float | None:
    """Of the GETs from the quantile's bucket on, those in the intervals that are `chosen`."""
    index = record.whole("client", "intended_get").bucket_of(quantile)
    if index is None:
        return None
    slow = [(record.of(one, "intended_get").count_from(index), chosen(one)) for one in client]
    all_slow = sum(count for count, _ in slow)
    return sum(count for count, here in slow if here) / all_slow if all_slow else None


def _cpu(intervals: Intervals) -> dict[str, float | None]:
    """Cores used: over the run, and in its worst second."""
    known = [(one["end"] - one["begin"], one["cpu"]) for one in intervals
             if one["cpu"] is not None]
    seconds = sum(length for length, _ in known)
    if not seconds:
        return {"mean": None, "worst": None}
    whole = [cpu for length, cpu in known if length >= WHOLE_SECOND]
    return {"mean": sum(length * cpu for length, cpu in known) / seconds,
            "worst": max(whole or [cpu for _, cpu in known])}


def _cpu_by_request(record: _Record, client: Intervals) -> float | None:
    """Seconds of the load generator's processor for each request, the seed's too."""
    used = requests = 0.0
    for one in client:
        if one["cpu"] is not None:
            used += one["cpu"] * (one["end"] - one["begin"])
            requests += sum(record.of(one, f"sent_{kind}").count
                            for kind in ("get", "post", "seed"))
    return used / requests if requests else None


def last_seconds(run: Run) -> float:
    """The end of a run that its rate is of; less of a short one."""
    return min(LAST_SECONDS, run.seconds * LAST_PART)


def _last_rate(record: _Record, client: Intervals, length: float) -> float | None:
    """GETs and POSTs a second in the last seconds of the run."""
    if not client:
        return None
    last = [one for one in client if one["begin"] >= client[-1]["end"] - length - 0.5]
    seconds = sum(one["end"] - one["begin"] for one in last)
    requests = sum(record.of(one, f"sent_{kind}").count for one in last
                   for kind in ("get", "post"))
    return requests / seconds if seconds else None


def _seeding_seconds(record: _Record, client: Intervals) -> float | None:
    """Until the last product of the seed was stored."""
    ends = [one["end"] for one in client if record.of(one, "sent_seed").count]
    return max(ends) if ends else None


def _after_seed(record: _Record, client: Intervals, server: Intervals,
                seeding: float) -> dict[str, float | None] | None:
    """p99 of the GETs once no user seeds any more; None when those are too few for it.

    Without the last second: to end a thousand users keeps Locust's loop busy, too.
    """
    end = client[-1]["begin"] if client else 0.0
    calm = {name: total(record.of(one, kind) for one in intervals
                        if one["begin"] >= seeding and one["end"] <= end)
            for name, intervals, kind in (("intended", client, "intended_get"),
                                          ("sent", client, "sent_get"), ("server", server, "get"))}
    if verdict.tail_quantile(int(calm["intended"].count)) != verdict.QUANTILES[0]:
        return None
    return {name: histogram.quantile(0.99) for name, histogram in calm.items()}


def _after_seed_sentence(p99: dict[str, float | None] | None) -> str:
    if p99 is None:
        return ""
    server = ("" if p99["server"] is None
              else f", {verdict.milliseconds(p99['server'])} in the server")
    return (f" Once all had seeded, p99 was {verdict.milliseconds(p99['intended'])} from the "
            f"intended start, {verdict.milliseconds(p99['sent'])} from the send{server}.")


def _point(record: _Record, interval: dict[str, Any], kind: str,
           intended: str | None = None) -> dict[str, Any]:
    """A second on the curves."""
    seconds = interval["end"] - interval["begin"]
    gets = record.of(interval, kind)
    enough = gets.count >= LEAST_IN_INTERVAL
    all_kinds = [name for name in interval["histograms"]
                 if name != "lag" and not name.startswith("intended")]
    point = {
        "t": interval["end"], "users": interval["users"], "cpu": interval["cpu"],
        "requests_per_second": sum(record.of(interval, name).count
                                   for name in all_kinds) / seconds,
        "p50": gets.quantile(0.5) if enough else None,
        "p99": gets.quantile(0.99) if enough else None}
    if intended:
        late = record.of(interval, intended)
        point["intended_p99"] = late.quantile(0.99) if enough else None
    return {name: round(value, 6) if isinstance(value, float) else value
            for name, value in point.items()}
