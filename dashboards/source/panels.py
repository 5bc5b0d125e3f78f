"""Panels, variables and dashboards as all of ours have them.

Grafana 10.4 is the oldest that is served (Amazon Managed Grafana offers it), hence the schema
version. Nothing names a data source: `$datasource` does, so the same file works by provisioning, by
the sidecar of kube-prometheus-stack and by import.
"""

from __future__ import annotations

import json
from typing import NamedTuple, Optional

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.builders import heatmap, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SCHEMA_VERSION = 39
TAG = "productd"
DATASOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")

#: Matchers of every series of a process, and of what is recorded for a job.
SELECTOR = 'namespace=~"$namespace",job=~"$job",instance=~"$instance"'
JOB_SELECTOR = 'namespace=~"$namespace",job=~"$job"'
#: Locust is another job, which has its own variable.
LOAD_SELECTOR = 'namespace=~"$namespace",job=~"$load_job"'


class Query(NamedTuple):
    expr: str
    legend: str = "__auto"


class Line(NamedTuple):
    """A limit drawn into a panel."""

    value: float
    color: str = "red"


def rate(metric: str, matchers: str = "", by: str = "", selector: str = SELECTOR) -> str:
    """The rate of a counter, summed."""
    both = f"{selector},{matchers}" if matchers else selector
    grouping = f" by ({by})" if by else ""
    return f"sum{grouping} (rate({metric}{{{both}}}[$__rate_interval]))"


def quantile(q: float, histogram: str, matchers: str = "", by: str = "",
             selector: str = SELECTOR) -> str:
    """A quantile; q = 1 is the upper bound of the highest bucket that took something."""
    grouping = f"le, {by}" if by else "le"
    return f"histogram_quantile({q:g}, {rate(histogram + '_bucket', matchers, grouping, selector)})"


def quantiles(histogram: str, matchers: str = "", by: str = "", legend: str = "",
              selector: str = SELECTOR) -> list[Query]:
    return [Query(quantile(q, histogram, matchers, by, selector), f"{name}{legend}")
            for q, name in ((0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9"),
                            (1, "max"))]


def mean(histogram: str, matchers: str = "", selector: str = SELECTOR) -> str:
    return (f"{rate(histogram + '_sum', matchers, selector=selector)} / "
            f"{rate(histogram + '_count', matchers, selector=selector)}")


def _thresholds(lines: list[Line]) -> dashboards.ThresholdsConfig:
    steps = [model.Threshold(value=None, color="green")]
    steps += [model.Threshold(value=line.value, color=line.color) for line in lines]
    return dashboards.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)


def _with_queries(panel, queries: list[Query], form: PromQueryFormat, instant: bool = False):
    for number, query in enumerate(queries):
        target = (prometheus.Dataquery().expr(query.expr).legend_format(query.legend)
                  .format(form).ref_id(chr(ord("A") + number)).datasource(DATASOURCE))
        panel.with_target(target.instant() if instant else target.range())
    return panel


def graph(title: str, description: str, unit: str, queries: list[Query], *, width: int = 12,
          lines: Optional[list[Line]] = None, log: bool = False, stack: bool = False,
          maximum: Optional[float] = None) -> timeseries.Panel:
    """Lines over time. `log` for what spans decades, as latencies do."""
    panel = (timeseries.Panel().title(title).description(description).unit(unit)
             .datasource(DATASOURCE).span(width).height(8).line_width(1)
             .fill_opacity(20 if stack else 0).show_points(common.VisibilityMode.NEVER)
             .legend(common_builders.VizLegendOptions().show_legend(True)
                     .display_mode(common.LegendDisplayMode.TABLE)
                     .placement(common.LegendPlacement.BOTTOM).calcs(["lastNotNull", "max"]))
             .tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI)
                      .sort(common.SortOrder.DESCENDING)))
    if log:
        panel.scale_distribution(common_builders.ScaleDistributionConfig()
                                 .type(common.ScaleDistribution.LOG).log(10))
    else:
        panel.min(0)
    if maximum is not None:
        panel.max(maximum)
    if stack:
        panel.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL))
    if lines:
        panel.thresholds(_thresholds(lines))
        panel.thresholds_style(common_builders.GraphThresholdsStyleConfig()
                               .mode(common.GraphThresholdsStyleMode.DASHED))
    return _with_queries(panel, queries, PromQueryFormat.TIME_SERIES)


def single(title: str, description: str, unit: str, queries: list[Query], *, width: int = 6,
           lines: Optional[list[Line]] = None, decimals: Optional[int] = None,
           names: bool = False) -> stat.Panel:
    """One figure, now, coloured by the limits it is beyond; `names` shows the legend instead."""
    panel = (stat.Panel().title(title).description(description).unit(unit).datasource(DATASOURCE)
             .span(width).height(4).thresholds(_thresholds(lines or []))
             .graph_mode(common.BigValueGraphMode.NONE if names else common.BigValueGraphMode.AREA)
             .color_mode(common.BigValueColorMode.VALUE)
             .text_mode(common.BigValueTextMode.NAME if names else common.BigValueTextMode.AUTO)
             .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"])))
    if decimals is not None:
        panel.decimals(decimals)
    return _with_queries(panel, queries, PromQueryFormat.TIME_SERIES)


def heat(title: str, description: str, query: str, *, unit: str = "s",
         width: int = 12) -> heatmap.Panel:
    """How many requests fell into which bucket, over time."""
    panel = (heatmap.Panel().title(title).description(description).unit(unit)
             .datasource(DATASOURCE).span(width).height(8).calculate(False)
             .color(heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges")
                    .exponent(0.5).steps(64))
             .cell_gap(0).y_axis(heatmap.YAxisConfig().unit(unit))
             .rows_frame(heatmap.RowsHeatmapOptions().layout(common.HeatmapCellLayout.AUTO))
             .filter_values(heatmap.FilterValueRange().le(1e-9)).show_legend())
    return _with_queries(panel, [Query(query, "{{le}}")], PromQueryFormat.HEATMAP)


def row(title: str) -> dashboards.Row:
    return dashboards.Row(title)


def _variable(name: str, label: str, query: str, description: str) -> dashboards.QueryVariable:
    return (dashboards.QueryVariable(name).label(label).description(description)
            .datasource(DATASOURCE).query({"query": query, "refId": f"variable-{name}"})
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(model.VariableSort.ALPHABETICAL_ASC)
            .multi(True).include_all(True).all_value(".+")
            .current(model.VariableOption(selected=True, text="All", value="$__all")))


def _annotation(name: str, color: str, expr: str) -> dashboards.AnnotationQuery:
    return (dashboards.AnnotationQuery().name(name).datasource(DATASOURCE).enable(True)
            .icon_color(color).expr(expr))


#: What render() adds: the library has no field for how an annotation reads.
ANNOTATION_TITLES = {
    "Test runs": "Load test: users are active",
    "Restarts": "{{instance}} started",
    "Deploys": "Version {{version}} ({{commit}}) appeared",
}


def new_dashboard(uid: str, title: str, description: str, *,
                  load_job: bool = False) -> dashboards.Dashboard:
    board = (dashboards.Dashboard(f"productd / {title}").uid(uid).description(description)
             .tags([TAG]).readonly().timezone("browser").time("now-1h", "now").refresh("30s")
             .tooltip(model.DashboardCursorSync.CROSSHAIR)
             .with_variable(dashboards.DatasourceVariable("datasource").label("Data source")
                            .description("A Prometheus, or what answers like one.")
                            .type("prometheus"))
             .with_variable(_variable("namespace", "Namespace",
                                      "label_values(productd_build_info, namespace)",
                                      "Of the processes that are shown."))
             .with_variable(_variable(
                 "job", "Job", 'label_values(productd_build_info{namespace=~"$namespace"}, job)',
                 "Of the processes that are shown."))
             .with_variable(_variable(
                 "instance", "Instance",
                 'label_values(productd_build_info{namespace=~"$namespace",job=~"$job"}, instance)',
                 "One process each.")))
    if load_job:
        board.with_variable(_variable(
            "load_job", "Load generator",
            'label_values(locust_users{namespace=~"$namespace"}, job)',
            "The job under which Locust is scraped."))
    board.annotation(_annotation("Test runs", "blue",
                                 'sum(locust_users{namespace=~"$namespace"}) > 0'))
    board.annotation(_annotation("Restarts", "red",
                                 f"changes(process_start_time_seconds{{{SELECTOR}}}[2m]) > 0"))
    board.annotation(_annotation(
        "Deploys", "purple",
        f"count by (version, commit) (productd_build_info{{{SELECTOR}}}) unless "
        f"count by (version, commit) (productd_build_info{{{SELECTOR}}} offset 2m)"))
    board.link(dashboards.DashboardLink("productd").type(model.DashboardLinkType.DASHBOARDS)
               .tags([TAG]).include_vars(True).keep_time(True).as_dropdown(False)
               .tooltip("The other dashboards of productd, same time and processes"))
    return board


def render(board: dashboards.Dashboard) -> str:
    built = board.build()
    built.schema_version = SCHEMA_VERSION
    content = json.loads(JSONEncoder(sort_keys=True).encode(built))
    for number, panel in enumerate(content["panels"], start=1):
        panel["id"] = number
    for annotation in content["annotations"]["list"]:
        annotation["titleFormat"] = ANNOTATION_TITLES[annotation["name"]]
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
