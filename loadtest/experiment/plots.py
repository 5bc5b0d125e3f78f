"""The plots of report.md, as SVG: one small picture a run, on common axes where it can be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
# Nothing of the time or of chance in the files: the same results give the same bytes.
matplotlib.rcParams.update({"svg.hashsalt": "productd", "svg.fonttype": "none", "font.size": 8,
                            "font.family": "sans-serif"})

from matplotlib import pyplot  # noqa: E402  (after its back end is chosen)
from matplotlib.axes import Axes  # noqa: E402

Summary = dict[str, Any]

CLIENT, INTENDED, SERVER, USERS = "#c2571a", "#7b3fa0", "#1f6fb4", "#888888"
COLUMNS = 2
#: Inches.
WIDTH, ROW_HEIGHT = 9.0, 2.0


def draw(summaries: list[Summary], directory: Path) -> None:
    """Writes the files that report_markdown.PLOTS names."""
    _grid(summaries, directory / "rates.svg", _rates, "seconds", "requests/s, users",
          shared=False)
    _grid(summaries, directory / "percentiles.svg", _percentiles, "seconds", "ms")
    _grid(summaries, directory / "distributions.svg", _distributions, "ms",
          "share of GETs slower")
    _grid(summaries, directory / "processors.svg", _processors, "seconds", "cores")


def _grid(summaries: list[Summary], file: Path, panel: Callable[[Axes, Summary], None],
          x_label: str, y_label: str, shared: bool = True) -> None:
    rows = -(-len(summaries) // COLUMNS)
    figure, axes = pyplot.subplots(rows, COLUMNS, figsize=(WIDTH, 0.5 + ROW_HEIGHT * rows),
                                   squeeze=False, sharex=True, sharey=shared,
                                   layout="constrained")
    for axis in axes.flat[len(summaries):]:
        axis.set_visible(False)
    figure.supxlabel(x_label, fontsize=8)
    figure.supylabel(y_label, fontsize=8)
    for axis, one in zip(axes.flat, summaries):
        axis.set_title(one["title"], fontsize=9)
        axis.grid(alpha=0.3)
        panel(axis, one)
        # Each minor tick of a log axis is drawn on its own; they are half of the file.
        axis.minorticks_off()
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


def _curve(points: list[dict[str, Any]], name: str,
           factor: float = 1.0) -> tuple[list[float], list[float]]:
    known = [(point["t"], point[name] * factor) for point in points if point[name] is not None]
    return [t for t, _ in known], [value for _, value in known]


def _rates(axis: Axes, one: Summary) -> None:
    curves = one["curves"]
    axis.plot(*_curve(curves["client"], "requests_per_second"), color=CLIENT,
              label="client, seed included")
    axis.plot(*_curve(curves["server"], "requests_per_second"), color=SERVER, linestyle="--",
              label="server")
    axis.plot(*_curve(curves["client"], "users"), color=USERS, label="users")
    axis.set_ylim(bottom=0)


def _percentiles(axis: Axes, one: Summary) -> None:
    curves = one["curves"]
    axis.plot(*_curve(curves["client"], "intended_p99", 1000), color=INTENDED,
              label="p99 from the intended start")
    axis.plot(*_curve(curves["client"], "p99", 1000), color=CLIENT, label="p99 from the send")
    axis.plot(*_curve(curves["client"], "p50", 1000), color=CLIENT, linestyle=":",
              label="p50 from the send")
    axis.plot(*_curve(curves["server"], "p99", 1000), color=SERVER, label="p99 in the server")
    axis.set_yscale("log")


def _distributions(axis: Axes, one: Summary) -> None:
    for view, color, label in (("intended", INTENDED, "from the intended start"),
                               ("sent", CLIENT, "from the send"),
                               ("server", SERVER, "in the server")):
        # The last point is the slowest one, at share 0, which a log axis cannot show.
        points = [(bound * 1000, 1 - share) for bound, share in one["distributions"][view]
                  if share < 1]
        axis.plot([x for x, _ in points], [y for _, y in points], color=color, label=label)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_ylim(1e-4, 1)
    axis.axhline(0.01, color=USERS, linewidth=0.7, linestyle=":", label="p99")


def _processors(axis: Axes, one: Summary) -> None:
    curves = one["curves"]
    axis.plot(*_curve(curves["client"], "cpu"), color=CLIENT, label="Locust")
    axis.plot(*_curve(curves["server"], "cpu"), color=SERVER, label="server")
    axis.axhline(0.9, color=USERS, linewidth=0.7, linestyle=":", label="0.9: Locust is out of it")
    axis.set_ylim(0, 1.1)
