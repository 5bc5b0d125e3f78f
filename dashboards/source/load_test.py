"""Load test: what the client measured beside what the server measured."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from source import slo
from source.panels import (LOAD_SELECTOR, SELECTOR, Line, Query, graph, heat, new_dashboard,
                           quantile, rate, row, single)

SERVER = "http_request_duration_seconds"
CLIENT = "locust_response_time_seconds"
INTENDED = "locust_intended_start_latency_seconds"
SERVED = slo.PRODUCT_ROUTES


def client(q: float, histogram: str = CLIENT, by: str = "") -> str:
    return quantile(q, histogram, by=by, selector=LOAD_SELECTOR)


def three_views(q: float) -> list[Query]:
    return [Query(client(q, INTENDED), "client, from the intended start"),
            Query(client(q), "client, from the send"),
            Query(quantile(q, SERVER, SERVED), "server")]


def dashboard() -> Dashboard:
    board = new_dashboard(
        "productd-load-test", "Load test: client against server",
        "Whose is the tail: the server's, the wire's, or the load generator's? Locust's figures "
        "and productd's side by side.", load_job=True)
    client_cpu = "rate(locust_process_cpu_seconds_total{%s}[$__rate_interval])" % LOAD_SELECTOR
    server_cpu = "rate(process_cpu_seconds_total{%s}[$__rate_interval])" % SELECTOR
    board.with_row(row("Golden signals"))
    board.with_panel(single(
        "Traffic: how many users are there?", "Of all load generators together.",
        "short", [Query(f"sum(locust_users{{{LOAD_SELECTOR}}})", "users")]))
    board.with_panel(single(
        "Errors: how many requests fail for the client?",
        "A wrong status, a wrong product, or no answer at all.",
        "reqps", [Query(rate("locust_failures_total", selector=LOAD_SELECTOR), "failures")],
        lines=[Line(1e-9)]))
    board.with_panel(single(
        "Latency: how much of p99 is not the server's?",
        "p99 of the client less p99 of the server. Quantiles do not subtract exactly: read it as "
        "a size, not as a figure.",
        "s", [Query(f"{client(0.99)} - {quantile(0.99, SERVER, SERVED)}", "wire and client")]))
    board.with_panel(single(
        "Saturation: how busy is the busiest load generator?",
        "Of one core, which is all that a Locust process uses. Above 0.9 its own waiting is in "
        "every latency it reports: use more processes.",
        "percentunit", [Query(f"max({client_cpu})", "one core")],
        lines=[Line(0.7, "orange"), Line(0.9)]))

    board.with_row(row("The same quantile, seen from three places"))
    for q, name in ((0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9"), (1, "Max")):
        board.with_panel(graph(
            f"{name}: where does the time go?",
            "Server apart from client: the wire or the load generator. Intended start apart from "
            "send: the load generator was late, and what it reports leaves the wait out "
            "(coordinated omission). All three together: the server.",
            "s", three_views(q), log=True))
    board.with_panel(graph(
        "p99: which of the client's requests are slow?",
        "By the name Locust gives them; the seed at a user's start has one of its own.",
        "s", [Query(client(0.99, by="name"), "{{name}}")], log=True))

    board.with_row(row("Whether the load generator can be trusted"))
    board.with_panel(graph(
        "Do client and server count the same requests?",
        "A gap that stays: answers that one side has not seen, or other clients.",
        "reqps", [Query(rate(f"{CLIENT}_count", selector=LOAD_SELECTOR), "client"),
                  Query(rate(f"{SERVER}_count", SERVED), "server")]))
    board.with_panel(graph(
        "Who runs out of processor first?",
        "Cores used. Each Locust process has one at most.",
        "short", [Query(client_cpu, "client {{instance}} {{process}}"),
                  Query(server_cpu, "server {{instance}}")], lines=[Line(0.9)]))
    board.with_panel(graph(
        "How many users are there, and how many requests fail?",
        "Failures a second beside the users who caused them.",
        "short", [Query(f"sum(locust_users{{{LOAD_SELECTOR}}})", "users"),
                  Query(rate("locust_failures_total", selector=LOAD_SELECTOR),
                        "failures a second")]))
    board.with_panel(graph(
        "Does the server refuse what the client sends?",
        "Refused requests and connections that were turned away, as the server counts them.",
        "reqps", [Query(rate("productd_requests_refused_total", by="reason"), "{{reason}}"),
                  Query(rate("productd_connections_total", 'outcome="refused"'),
                        "connections turned away")]))

    board.with_row(row("Spread"))
    board.with_panel(heat(
        "How are latencies spread for the client?", "Requests a second in each bucket.",
        rate(f"{CLIENT}_bucket", by="le", selector=LOAD_SELECTOR)))
    board.with_panel(heat(
        "How are latencies spread at the server?",
        "Requests a second in each bucket, the same buckets as the client's.",
        rate(f"{SERVER}_bucket", SERVED, "le")))
    return board
