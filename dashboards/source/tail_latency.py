"""Tail latency: what clients wait for, route by route, and what is refused."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from source import slo
from source.panels import (Line, Query, graph, heat, new_dashboard, quantile, quantiles, rate, row,
                           single)

REQUESTS = "http_request_duration_seconds"
READ_LINE = Line(float(slo.READ_THRESHOLD))
WRITE_LINE = Line(float(slo.WRITE_THRESHOLD))
READ_MS = f"{float(slo.READ_THRESHOLD) * 1e3:g} ms"
WRITE_MS = f"{float(slo.WRITE_THRESHOLD) * 1e3:g} ms"
FROM_TO = "From the first byte of a request to its response handed to the kernel. "
BELOW = "All below 50 µs is one bucket: a quantile there only says \"under 50 µs\". "


def slow_share(which: str, threshold: str) -> str:
    fast = rate(f"{REQUESTS}_bucket", f'{which},le="{threshold}"')
    return f"1 - {fast} / {rate(REQUESTS + '_count', which)}"


def by_route(q: float, name: str, meaning: str) -> tuple[str, str, str, list[Query]]:
    return (f"{name}: how long do {meaning} take?",
            f"{FROM_TO}{BELOW}One line a method and route of the product API. The lines are the "
            f"objectives of reads ({READ_MS}) and writes ({WRITE_MS}).",
            "s",
            [Query(quantile(q, REQUESTS, slo.PRODUCT_ROUTES, "method, route"),
                   "{{method}} {{route}}")])


def dashboard() -> Dashboard:
    failed = rate(f"{REQUESTS}_count", slo.PRODUCT_ROUTES + ',code=~"5.."')
    asked = rate(f"{REQUESTS}_count", slo.PRODUCT_ROUTES)
    lines = [READ_LINE, WRITE_LINE]
    board = new_dashboard(
        "productd-tail-latency", "Tail latency",
        "How long clients wait, at the median and in the tail, by route; what is refused and why.")
    board.with_row(row("Golden signals"))
    board.with_panel(single(
        "Traffic: how many product requests are answered?",
        "Of every product route and status, refused ones too; probes and scrapes not.",
        "reqps", [Query(asked, "requests")]))
    board.with_panel(single(
        "Errors: which share is answered 5xx?",
        "Of product requests. The objective leaves 0.1 %.",
        "percentunit", [Query(f"({failed} or vector(0)) / {asked}", "failed")], decimals=3,
        lines=[Line(1 - slo.OBJECTIVES[0].target)]))
    board.with_panel(single(
        "Latency: how slow is the slowest 1 % of reads?",
        FROM_TO + BELOW + "Reads of one product.",
        "s", [Query(quantile(0.99, REQUESTS, slo.READS), "p99")], lines=[READ_LINE]))
    board.with_panel(single(
        "Saturation: how many requests are under way?",
        "Begun and not yet answered. Growing while traffic does not: answers get slower.",
        "short", [Query('sum(http_requests_in_flight{namespace=~"$namespace",job=~"$job",'
                        'instance=~"$instance"})', "in flight")]))

    board.with_row(row("By route"))
    for q, name, meaning in ((0.5, "p50", "half of the requests at most"),
                             (0.9, "p90", "90 of 100 requests at most"),
                             (0.99, "p99", "99 of 100 requests at most"),
                             (0.999, "p99.9", "999 of 1,000 requests at most")):
        board.with_panel(graph(*by_route(q, name, meaning), lines=lines, log=True))
    board.with_panel(graph(
        "Max: how long did the slowest request take?",
        FROM_TO + "The upper bound of the highest bucket that took a request: at most 10 % above "
        "the true one, and 10 s for all that is longer.",
        "s", by_route(1, "", "")[3], lines=lines, log=True))
    board.with_panel(graph(
        "Where does the traffic go?", "Answers a second, by method, route and status.",
        "reqps", [Query(rate(f"{REQUESTS}_count", slo.PRODUCT_ROUTES, "method, route, code"),
                        "{{method}} {{route}} {{code}}")]))

    board.with_row(row("Against the objectives"))
    board.with_panel(graph(
        f"Reads: do all quantiles stay under {READ_MS}?",
        FROM_TO + BELOW + "GET and HEAD of one product; the line is the objective.",
        "s", quantiles(REQUESTS, slo.READS), lines=[READ_LINE], log=True))
    board.with_panel(graph(
        f"Writes: do all quantiles stay under {WRITE_MS}?",
        FROM_TO + "Upserts and deletes, each of which waits for a commit; the line is the "
        "objective.",
        "s", quantiles(REQUESTS, slo.WRITES), lines=[WRITE_LINE], log=True))
    board.with_panel(heat(
        "Reads: how are their latencies spread?",
        "Requests a second in each bucket. Two bands are two kinds of request: look at what "
        "distinguishes them before tuning either.",
        rate(f"{REQUESTS}_bucket", slo.READS, "le")))
    board.with_panel(heat(
        "Writes: how are their latencies spread?",
        "Requests a second in each bucket. The lowest band is one commit; the next one waited for "
        "the commit before.",
        rate(f"{REQUESTS}_bucket", slo.WRITES, "le")))
    board.with_panel(graph(
        f"Which share of reads takes longer than {READ_MS}?",
        "Counted at a bucket's bound, so it is exact. The line is what the objective leaves.",
        "percentunit", [Query(slow_share(slo.READS, slo.READ_THRESHOLD), "slow reads")],
        lines=[Line(round(1 - slo.OBJECTIVES[1].target, 6))]))
    board.with_panel(graph(
        f"Which share of writes takes longer than {WRITE_MS}?",
        "Counted at a bucket's bound, so it is exact. The line is what the objective leaves.",
        "percentunit", [Query(slow_share(slo.WRITES, slo.WRITE_THRESHOLD), "slow writes")],
        lines=[Line(round(1 - slo.OBJECTIVES[2].target, 6))]))

    board.with_row(row("Refused and broken off"))
    board.with_panel(graph(
        "Why are requests refused?",
        "By reason; docs/metrics.md names the limit behind each. What clients cause (malformed, "
        "too large) is here too, and not in the error budget unless it is answered 5xx.",
        "reqps", [Query(rate("productd_requests_refused_total", by="reason"), "{{reason}}")],
        stack=True))
    board.with_panel(graph(
        "What do clients send that is no HTTP?",
        "Requests that could not be parsed, by what is wrong with them: a broken client, a proxy "
        "that speaks something else, or somebody who tries.",
        "reqps", [Query(rate("productd_parse_errors_total", by="error"), "{{error}}")],
        stack=True))
    board.with_panel(graph(
        "How do connections end?",
        "By outcome. Time-outs and resets are requests that a client has not seen answered, which "
        "no latency shows.",
        "cps", [Query(rate("productd_connections_total", by="outcome"), "{{outcome}}")],
        stack=True))
    return board
