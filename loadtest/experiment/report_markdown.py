"""The report as markdown: the published table, and beside it what that could not show."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

from experiment.runs import PUBLISHED
from experiment.verdict import RULE, milliseconds
from report import table

Summary = dict[str, Any]
#: Header and rows, for markdown and page alike.
Table = tuple[list[str], list[list[str]]]

PLOTS = {
    "rates.svg": "How many requests a second, and how many users?",
    "percentiles.svg": "How do the percentiles of GET go over time?",
    "distributions.svg": "Where does the time go: the same GETs seen from three places",
    "processors.svg": "Who runs out of processor?",
}


def markdown(results: dict[str, Any]) -> str:
    runs: list[Summary] = results["runs"]
    parts = [f"# {results['title']}"]
    if results["notes"]:
        parts.append("\n\n".join(f"**{note}**" for note in results["notes"]))
    parts.append(table(["", ""], list(results["environment"].items())))
    parts.append(results["setting"])
    if results["claims"]:
        parts += ["## Conclusion: does what the experiment claimed hold here?",
                  table(*claims_table(results["claims"]))]
    parts += [
        "## The experiment's table",
        "As Locust shows it, in milliseconds; requests/s are GETs and POSTs in the last ten "
        "seconds (a third of a shorter run), which Locust's page shows as current. In "
        "parentheses the published figure: "
        "that server had a quarter of a processor, and the internet between it and its load "
        "generator, so compare how figures grow and not how large they are.",
        table(*experiment_table(runs)),
        "## The same requests from three places",
        "Seconds counted from when the request was due (intended), from when it was sent, and "
        "in the server, from the same buckets. The server cannot tell the seed's POSTs from the "
        "others, so POST here is both.",
        table(*views_table(runs)),
        "## Processors",
        "Of one core, which is all that a Locust process can use; the server may use more than "
        "one. The worst is the busiest second; waited is the time in which Locust would have run "
        "and another program did; the longest stretch is that of its event loop without a break.",
        table(*processors_table(runs)),
        "## Where each tail comes from",
        "\n".join(f"- **{one['title']}**: {one['tail']['sentence']}" for one in runs),
        "### The rule", RULE,
        "## Over time",
        *(f"![{question}]({name})" for name, question in PLOTS.items())]
    return "\n\n".join(parts) + "\n"


def claims_table(claims: list[dict[str, str]]) -> Table:
    return (["claim", "here", "by these numbers"],
            [[one["claim"], f"**{one['verdict']}**", one["numbers"]] for one in claims])


def experiment_table(runs: list[Summary]) -> Table:
    header = ["users", "class", "GET p50", "GET p95", "GET p99", "POST p50", "POST p95",
              "requests/s", "failures", "seed p50", "seed p95"]
    rows = []
    for one in runs:
        shown = one["locust"]
        ours = [*(_whole(shown[name]) for name in ("get_p50", "get_p95", "get_p99", "post_p50",
                                                   "post_p95")),
                _decimal(one["requests_per_second"]), str(one["failures"]),
                _whole(shown["seed_p50"]), _whole(shown["seed_p95"])]
        published = PUBLISHED.get(one["name"])
        if published:
            ours = [f"{figure} ({value})" for figure, value in zip(ours, astuple(published))]
        rows.append([str(one["run"]["users"]), one["run"]["client"].capitalize(), *ours])
    return header, rows


def views_table(runs: list[Summary]) -> Table:
    header = ["users", "class", "request", "p50 intended", "p50 sent", "p50 server",
              "p95 intended", "p95 sent", "p95 server", "p99 intended", "p99 sent", "p99 server"]
    rows = []
    for one in runs:
        for kind in ("get", "post"):
            views = one["views"][kind]
            rows.append([str(one["run"]["users"]), one["run"]["client"].capitalize(),
                         kind.upper(), *(milliseconds(views[view][quantile])
                                         for quantile in ("p50", "p95", "p99")
                                         for view in ("intended", "sent", "server"))])
    return header, rows


def processors_table(runs: list[Summary]) -> Table:
    header = ["users", "class", "Locust mean", "Locust worst", "Locust waited", "longest stretch",
              "Locust warned", "server mean", "server worst", "other programs",
              "Locust µs/request", "seeding until", "ran for", "tail"]
    rows = []
    for one in runs:
        by_request = one["client_cpu_by_request"]
        rows.append([
            str(one["run"]["users"]), one["run"]["client"].capitalize(),
            _percent(one["client_cpu"]["mean"]), _percent(one["client_cpu"]["worst"]),
            _percent(one["client_cpu"]["waited"]),
            milliseconds(one["client_cpu"]["longest_stretch"]),
            "yes" if one["locust_warned_of_cpu"] else "no",
            _percent(one["server_cpu"]["mean"]), _percent(one["server_cpu"]["worst"]),
            _percent(one["others_share"]),
            "-" if by_request is None else f"{by_request * 1e6:,.0f}",
            _seconds(one["seeding_seconds"]), _seconds(one["seconds"]),
            one["tail"]["source"]])
    return header, rows


def _whole(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _decimal(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} s"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}" if share < 0.1 else f"{share:.0%}"
