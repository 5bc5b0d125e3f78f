"""Two experiments side by side: the same load on two servers, or on one before and after."""

from __future__ import annotations

from typing import Any

from experiment.directory import DirectoryError
from experiment.report_markdown import Table
from experiment.verdict import milliseconds
from report import table

Results = dict[str, Any]
Summary = dict[str, Any]

INTRODUCTION = """\
The same load on both, on one machine, one after the other. The client is the same program, so \
what differs in its figures comes from the servers; what both have in common is likely the \
client's own. A server that shows no histogram has "-" for its own time. Ratios are the second by \
the first."""


def comparison(ours: Results, theirs: Results) -> dict[str, Any]:
    """The runs that both have; DirectoryError when the load was not the same."""
    others = {one["name"]: one for one in theirs["runs"]}
    pairs = [(one, others[one["name"]]) for one in ours["runs"] if one["name"] in others]
    if not pairs:
        raise DirectoryError("the two experiments have no run in common")
    for one, other in pairs:
        if one["run"] != other["run"]:
            raise DirectoryError(f"{one['title']} was run with {one['run']} here and with "
                                 f"{other['run']} there: repeat one of them")
    names = [ours["server"], theirs["server"]]
    if names[0] == names[1]:
        names = [f"{names[0]} (this)", f"{names[1]} (other)"]
    return {"title": f"Experiment: {names[0]} and {names[1]}", "names": names,
            "notes": [f"{name}: {note}" for name, results in zip(names, (ours, theirs))
                      for note in results["notes"]],
            "environments": [ours["environment"], theirs["environment"]],
            "pairs": [list(pair) for pair in pairs]}


def markdown(of: dict[str, Any]) -> str:
    first, second = of["names"]
    environments = [(key, value, of["environments"][1].get(key, "-"))
                    for key, value in of["environments"][0].items()]
    parts = [f"# {of['title']}", *(f"**{note}**" for note in of["notes"]),
             table(["", first, second], environments), INTRODUCTION,
             "## GET, from the intended start", table(*latency_table(of)),
             "## Requests, failures and processors", table(*cost_table(of)),
             "## Where each tail comes from"]
    for pair in of["pairs"]:
        parts.append(f"### {pair[0]['title']}\n\n" + "\n".join(
            f"- **{name}**: {one['tail']['sentence']}" for name, one in zip(of["names"], pair)))
    return "\n\n".join(parts) + "\n"


def latency_table(of: dict[str, Any]) -> Table:
    first, second = of["names"]
    header = ["users", "class"]
    for quantile in ("p50", "p95", "p99"):
        header += [f"{quantile} {first}", f"{quantile} {second}", "ratio"]
    header += [f"p99 in {first}", f"p99 in {second}"]
    rows = []
    for pair in of["pairs"]:
        row = _of(pair[0])
        for quantile in ("p50", "p95", "p99"):
            values = [one["views"]["get"]["intended"][quantile] for one in pair]
            row += [*map(milliseconds, values), _ratio(*values)]
        row += [milliseconds(one["views"]["get"]["server"]["p99"]) for one in pair]
        rows.append(row)
    return header, rows


def cost_table(of: dict[str, Any]) -> Table:
    first, second = of["names"]
    header = ["users", "class", f"requests/s {first}", f"requests/s {second}",
              f"failures {first}", f"failures {second}", f"CPU of {first}", f"CPU of {second}",
              "ratio", f"Locust with {first}", f"Locust with {second}"]
    rows = []
    for pair in of["pairs"]:
        cpu = [one["server_cpu"]["mean"] for one in pair]
        rows.append([
            *_of(pair[0]), *(_form(one["requests_per_second"], "{:.1f}") for one in pair),
            *(str(one["failures"]) for one in pair), *(_form(share, "{:.2%}") for share in cpu),
            _ratio(*cpu), *(_form(one["client_cpu"]["mean"], "{:.0%}") for one in pair)])
    return header, rows


def _of(one: Summary) -> list[str]:
    return [str(one["run"]["users"]), one["run"]["client"].capitalize()]


def _form(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _ratio(first: float | None, second: float | None) -> str:
    return f"{second / first:.2f}" if first and second is not None else "-"
