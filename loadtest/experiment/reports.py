"""Writes all that an experiment leaves, from the records of its runs."""

from __future__ import annotations

import csv
import json
import os
import platform
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import report
from experiment import compare, report_markdown, report_page
from experiment.claims import claims
from experiment.directory import DirectoryError, ExperimentDirectory
from experiment.runs import AFTER_SEED_SECONDS, PUBLISHED, Published
from experiment.summary import summarize

Results = dict[str, Any]

PERCENTILES = ("_p50", "_p95", "_p99")
#: Beyond this share of other programs a tail may be theirs.
LOADED_MACHINE = 0.1
APART = ("Client and server ran on this one machine, each on processors of its own, so that "
         "neither took the other's; the loopback between them is shorter than any network.")
TOGETHER = ("Client and server ran on this one machine and shared its processors: what one of them "
            "used, the other had not.")
ELSEWHERE = ("The server was started by somebody else, where its address says; its processor time "
             "is what its own metrics say.")


def line(record: dict[str, Any]) -> str:
    """What a progress bar says at the end of a run."""
    one = summarize(record)
    rate = one["requests_per_second"]
    return (f"{rate or 0:.1f} requests/s, {one['failures']} failed; "
            f"tail: {one['tail']['source']}")


def write(directory: ExperimentDirectory, records: list[dict[str, Any]],
          planned: int) -> Results:
    results = _results(directory.parameters(), records, planned)
    (directory.path / "results.json").write_text(
        json.dumps(results, separators=(",", ":"), ensure_ascii=False) + "\n")
    _write_csv(results["runs"], directory.path / "results.csv")
    (directory.path / "report.md").write_text(report_markdown.markdown(results))
    # It takes a second to import, which no run and no --help should wait for.
    from experiment import plots
    plots.draw(results["runs"], directory.path)
    (directory.path / "report.html").write_text(report_page.report_page(results))
    return results


def write_comparison(directory: ExperimentDirectory, results: Results,
                     other: Path) -> list[Path]:
    """Beside the report; the results of the other experiment are read from its directory."""
    try:
        theirs = json.loads((other / "results.json").read_text())
    except (OSError, ValueError) as error:
        raise DirectoryError(f"{other} has no finished experiment to compare with ({error}): "
                             "run one there first") from None
    comparison = compare.comparison(results, theirs)
    files = directory.path / "compare.md", directory.path / "compare.html"
    files[0].write_text(compare.markdown(comparison))
    files[1].write_text(report_page.comparison_page(comparison))
    return list(files)


def _results(parameters: dict[str, Any], records: list[dict[str, Any]], planned: int) -> Results:
    runs = [summarize(record) for record in records]
    notes = []
    if parameters["quick"]:
        notes.append("A quick run: it shows that everything works. Its runs are too short to "
                     "conclude from.")
    if len(records) < planned:
        notes.append(f"Not finished: {len(records)} of {planned} runs.")
    others = max(one["others_share"] for one in runs)
    if others > LOADED_MACHINE:
        notes.append(f"Other programs had up to {others:.0%} of this machine's processors "
                     "meanwhile: repeat it when nothing else runs.")
    setting = (ELSEWHERE if not parameters["binary"] else
               TOGETHER if "share" in parameters["processors"] else APART)
    server = parameters["server"]
    if parameters["binary"]:
        server += f" (memory engine, binary {parameters['binary']})" if (
            server == "productd") else f" (binary {parameters['binary']})"
    return {
        "title": f"Experiment: {parameters['server']}",
        "server": parameters["server"],
        "quick": parameters["quick"],
        "notes": notes,
        "setting": setting,
        "environment": {
            "first run": records[0]["began"],
            "commit": _all(records, "commit"),
            "command": f"`{_all(records, 'command')}`",
            "server": server,
            "each run": _length(parameters),
            "processor": f"{report.processor_model()}, {os.cpu_count()} CPUs",
            "placement": parameters["processors"],
            "kernel": f"{platform.system()} {platform.release().split('-')[0]}",
            "Python": platform.python_version(),
        },
        "claims": claims(runs),
        "runs": runs,
    }


def _length(parameters: dict[str, Any]) -> str:
    text = f"{parameters['seconds']} s"
    if not parameters["quick"]:
        text += f", or until {AFTER_SEED_SECONDS} s after the last product of the seed"
    return f"{text}; {parameters['seed_count']} products seeded by each user"


def _all(records: list[dict[str, Any]], name: str) -> str:
    """Of an experiment that went on later, each that was."""
    return "; ".join(dict.fromkeys(record[name] for record in records))


def _write_csv(runs: list[dict[str, Any]], file: Path) -> None:
    rows = [_csv_row(one) for one in runs]
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _csv_row(one: dict[str, Any]) -> dict[str, Any]:
    """A run: Locust's columns in milliseconds, ours in seconds, shares 0..1."""
    shown = one["locust"]
    row: dict[str, Any] = {
        "users": one["run"]["users"], "client": one["run"]["client"],
        **{f"locust_{name}_ms" if name.endswith(PERCENTILES) else f"locust_{name}": value
           for name, value in shown.items()},
        "requests_per_second": one["requests_per_second"], "failures": one["failures"]}
    for kind, views in one["views"].items():
        for view, quantiles in views.items():
            for name, value in quantiles.items():
                unit = "" if name == "count" else "_seconds"
                row[f"{view}_{kind}_{name}{unit}"] = value
    for side in ("client", "server"):
        for name, value in one[f"{side}_cpu"].items():
            row[f"{side}_cpu_{name}"] = value
    row |= {"lag_p99_seconds": one["lag_p99"], "others_share": one["others_share"],
            "seeding_seconds": one["seeding_seconds"],
            "seconds": one["seconds"],
            **{f"after_seed_{view}_get_p99_seconds": (one["tail"]["after_seed_p99"] or {}).get(view)
               for view in ("intended", "sent", "server")},
            "tail": one["tail"]["source"]}
    published = PUBLISHED.get(one["name"])
    for field, value in zip(fields(Published), astuple(published) if published else
                            [None] * len(fields(Published))):
        row[f"published_{field.name}"] = value
    return {name: round(value, 7) if isinstance(value, float) else value
            for name, value in row.items()}
