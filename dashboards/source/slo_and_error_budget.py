"""SLO and error budget: how much of what may fail has failed, and how fast it goes."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from source import slo
from source.panels import JOB_SELECTOR, Line, Query, graph, new_dashboard, rate, row, single

REQUESTS = "http_request_duration_seconds"
RECORDED = ("From what the recording rules of dashboards/rules keep: without them there is no "
            "data. ")


def over_30_days(objective: slo.Objective) -> str:
    """The share of bad requests, each request counted once however the traffic varied."""
    which = f'{{{JOB_SELECTOR},slo="{objective.name}"}}[{slo.WINDOW_DAYS}d]'
    return (f"sum(sum_over_time(job:productd_slo_bad_requests:rate5m{which})) / "
            f"sum(sum_over_time(job:productd_slo_requests:rate5m{which}))")


def budget_left(objective: slo.Objective) -> str:
    return f"1 - ({over_30_days(objective)}) / {1 - objective.target:.6g}"


def dashboard() -> Dashboard:
    board = new_dashboard(
        "productd-slo", "SLO and error budget",
        f"Three objectives over {slo.WINDOW_DAYS} days, what is left of their error budgets, and "
        "how fast it is spent. Alerts follow the burn rates shown here.")
    board.with_row(row("Golden signals"))
    for objective in slo.OBJECTIVES:
        board.with_panel(single(
            f"{objective.title}: is {objective.target * 100:g} % met over {slo.WINDOW_DAYS} days?",
            f"{RECORDED}The share of {objective.says}.",
            "percentunit", [Query(f"1 - {over_30_days(objective)}", "good")], width=6, decimals=4))
    board.with_panel(single(
        "Alerts: how many fire?",
        "Of the rules in dashboards/rules; docs/runbook.md has a section for each.",
        "short", [Query('count(ALERTS{alertstate="firing",alertname=~"Productd.+"}) or vector(0)',
                        "firing")], lines=[Line(1)], width=6))

    board.with_row(row("Error budget"))
    for objective in slo.OBJECTIVES:
        board.with_panel(single(
            f"{objective.title}: how much budget is left?",
            f"{RECORDED}1 is an untouched budget, 0 a spent one, below it the objective is missed.",
            "percentunit", [Query(budget_left(objective), "left")], width=8, decimals=2))
    board.with_panel(graph(
        "How did the budgets shrink?",
        f"{RECORDED}Each point looks {slo.WINDOW_DAYS} days back.",
        "percentunit", [Query(budget_left(objective), objective.title)
                        for objective in slo.OBJECTIVES], width=24))

    board.with_row(row("Burn rate"))
    for objective in slo.OBJECTIVES:
        board.with_panel(graph(
            f"{objective.title}: how fast does the budget burn?",
            f"{RECORDED}1 spends the budget in exactly {slo.WINDOW_DAYS} days. The lines are the "
            "factors at which alerts fire, if the short and the long window agree: 14.4 and 6 "
            "page, 3 and 1 make a ticket.",
            "short",
            [Query(f"max(job:productd_slo_burn:rate{window}"
                   f'{{{JOB_SELECTOR},slo="{objective.name}"}})', window)
             for window in slo.BURN_WINDOWS],
            lines=[Line(1, "yellow"), Line(6, "orange"), Line(14.4)], width=8))

    board.with_row(row("What spends it"))
    board.with_panel(graph(
        "Availability: which answers are 5xx?", "By method, route and status.",
        "reqps", [Query(rate(f"{REQUESTS}_count", slo.PRODUCT_ROUTES + ',code=~"5.."',
                             "method, route, code"), "{{method}} {{route}} {{code}}")]))
    board.with_panel(graph(
        "Availability: for which reason is an answer 503?",
        "The reasons that are the server's. A reason is a limit: docs/metrics.md names it.",
        "reqps", [Query(rate("productd_requests_refused_total",
                             'reason=~"queue_full|queue_age|table_full|unavailable|'
                             'background_full|batch_streams"', "reason"), "{{reason}}")]))
    for which, threshold, what in ((slo.READS, slo.READ_THRESHOLD, "Read"),
                                   (slo.WRITES, slo.WRITE_THRESHOLD, "Write")):
        matchers = f"{which},{slo.NOT_FAILED}"
        all_of = rate(f"{REQUESTS}_count", matchers, "instance")
        fast = rate(f"{REQUESTS}_bucket", f'{matchers},le="{threshold}"', "instance")
        board.with_panel(graph(
            f"{what} latency: which instance is slow?",
            f"Answers a second that took longer than {float(threshold) * 1e3:g} ms, failed ones "
            "not counted. One instance: its machine or disk. All: the load, or a version.",
            "reqps", [Query(f"{all_of} - {fast}", "{{instance}}")]))
    return board
