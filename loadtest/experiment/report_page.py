"""The report as one HTML file that asks nothing of any network.

The charting library is Debian's libjs-chart.js, put into the page when it is made.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

from experiment import compare, report_markdown
from experiment.claims import CONFIRMED, REFUTED
from experiment.report_markdown import Table
from experiment.verdict import RULE, Source

PARTS = Path(__file__).resolve().parent / "page"
CHART_LIBRARY = Path("/usr/share/javascript/chart.js/chart.min.js")

_VERDICT_CLASSES = {CONFIRMED: "good", REFUTED: "bad"}
_SOURCE_CLASSES = {Source.SERVER.value: "server", Source.LOAD_GENERATOR.value: "client"}


class PageError(RuntimeError):
    """The page cannot be made here; the text says what to install."""


def page(title: str, body: str, scripts: list[str], results: Any = None) -> str:
    """A whole document with all that it needs in it."""
    text = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        # Without one a browser asks its server for /favicon.ico.
        '<link rel="icon" href="data:,">',
        f"<title>{html.escape(title)}</title>",
        f"<style>{(PARTS / 'style.css').read_text()}</style></head><body><main>", body, "</main>"]
    if results is not None:
        # In a script element only "</" could end it.
        packed = json.dumps(results, separators=(",", ":")).replace("</", "<\\/")
        text.append(f'<script type="application/json" id="results">{packed}</script>')
    text.append(f"<script>{_chart_library()}</script>")
    text += [f"<script>{(PARTS / name).read_text()}</script>" for name in scripts]
    text.append("</body></html>\n")
    return "\n".join(text)


def _chart_library() -> str:
    try:
        source = CHART_LIBRARY.read_text()
    except OSError as error:
        raise PageError(f"{CHART_LIBRARY}: {error.strerror}; make install-deps installs it, or "
                        "apt-get install libjs-chart.js") from None
    # The map is another file, which nobody has.
    return re.sub(r"//# sourceMappingURL=\S*", "", source)


def report_page(results: dict[str, Any]) -> str:
    runs = results["runs"]
    claims = "".join(
        f'<section class="card"><h3>{_text(one["claim"])} '
        f'{_badge(one["verdict"], _VERDICT_CLASSES.get(one["verdict"], "open"))}</h3>'
        f'<p>{_text(one["numbers"])}</p></section>' for one in results["claims"])
    tails = "".join(
        f'<section class="card"><h3>{_text(one["title"])} '
        f'{_source_badge(one["tail"]["source"])}</h3>'
        f'<p class="said">{_text(one["tail"]["sentence"])}</p></section>' for one in runs)
    body = f"""
{_head(results)}
<p class="quiet">{_text(results["setting"])}</p>
{_environment([(key, [value]) for key, value in results["environment"].items()], ["", ""])}
<h2>What did the experiment claim, and does it hold here?</h2><div class="grid">{claims}</div>
<h2>p99 of GET: where does the tail come from?</h2>
<section class="card"><p>The same requests, by users and class. Server apart from client: the wire
or the load generator. Intended start apart from send: the load generator was late.</p>
<div class="chart"><canvas id="overview" role="img" aria-label="p99 of GET by run"></canvas></div>
</section>
<div class="grid" style="margin-top:14px">{tails}</div>
<details><summary>The rule</summary>{_prose(RULE)}</details>
<h2>How did a run go?</h2><div class="chooser" id="chooser"></div>
<div class="grid" id="charts"></div>
<h2>The experiment's table</h2>
<p>Milliseconds as Locust shows them; requests/s of the last ten seconds. In parentheses the
published figure, of a smaller server behind the internet: compare how figures grow.</p>
{_table(report_markdown.experiment_table(runs))}
<h2>The same requests from three places</h2>
<p>From the intended start, from the send, in the server; POST with the seed's.</p>
{_table(report_markdown.views_table(runs))}
<h2>Processors</h2>
<p>Of one core, which is all that a Locust process can use. Worst is the busiest second; waited is
the time in which Locust would have run and another program did; the longest stretch is that of its
event loop without a break.</p>
{_table(report_markdown.processors_table(runs))}"""
    return page(results["title"], body, ["charts.js", "report.js"],
                {"runs": [_for_charts(one) for one in runs]})


def comparison_page(of: dict[str, Any]) -> str:
    environments = [(key, [value, of["environments"][1].get(key, "-")])
                    for key, value in of["environments"][0].items()]
    tails = "".join(
        f'<section class="card"><h3>{_text(pair[0]["title"])}</h3>' + "".join(
            f'<p class="said"><b>{_text(name)}</b>: {_text(one["tail"]["sentence"])}</p>'
            for name, one in zip(of["names"], pair)) + "</section>" for pair in of["pairs"])
    body = f"""
{_head(of)}
<p class="quiet">{_text(compare.INTRODUCTION)}</p>
{_environment(environments, ["", *of["names"]])}
<h2>How do they differ under the same load?</h2><div class="chooser" id="chooser"></div>
<div class="grid" id="charts"></div>
<h2>GET, from the intended start</h2>{_table(compare.latency_table(of))}
<h2>Requests, failures and processors</h2>{_table(compare.cost_table(of))}
<h2>Where does each tail come from?</h2><div class="grid">{tails}</div>"""
    return page(of["title"], body, ["charts.js", "report.js"],
                {"names": of["names"],
                 "pairs": [[_for_charts(one) for one in pair] for pair in of["pairs"]]})


def _for_charts(one: dict[str, Any]) -> dict[str, Any]:
    """What report.js draws."""
    return {name: one[name] for name in ("title", "run", "views", "curves", "distributions",
                                         "server_cpu")}


def _head(results: dict[str, Any]) -> str:
    notes = "".join(f'<p class="note">{_text(note)}</p>' for note in results["notes"])
    return f"<h1>{_text(results['title'])}</h1>{notes}"


def _environment(rows: list[tuple[str, list[str]]], header: list[str]) -> str:
    table = (header, [[key, *(value.strip("`") for value in values)] for key, values in rows])
    return ("<details><summary>Machine, commit and command</summary>"
            f"{_table(table, 'words')}</details>")


def _table(table: Table, kind: str = "") -> str:
    header, rows = table
    lines = ["".join(f"<th>{_text(cell)}</th>" for cell in header),
             *("".join(f"<td>{_text(cell)}</td>" for cell in row) for row in rows)]
    return (f'<div class="scroll"><table class="{kind}">'
            + "".join(f"<tr>{line}</tr>" for line in lines) + "</table></div>")


def _badge(text: str, kind: str) -> str:
    return f'<span class="badge {kind}">{_text(text)}</span>'


def _source_badge(source: str) -> str:
    return _badge(source, _SOURCE_CLASSES.get(source, "open"))


def _prose(markdown: str) -> str:
    """Paragraphs and numbered lines with **bold**: what RULE has."""
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", _text(markdown))
    return "".join(f"<p>{line}</p>" for line in text.splitlines() if line)


def _text(text: str) -> str:
    return html.escape(text, quote=False)
