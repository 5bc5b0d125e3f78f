"""The panels of dashboards/ as the live page draws them, without what is Grafana's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: In the order in which the page offers them.
DASHBOARDS = ("productd-load-test", "productd-tail-latency", "productd-saturation",
              "productd-storage", "productd-slo")
SHOWN_RANGE = "5m"
#: Of scrapes, in the window of a rate: Grafana's own rule for $__rate_interval.
SCRAPES_IN_RATE = 4


def read(folder: Path, scrape_seconds: int) -> list[dict[str, Any]]:
    """Name, title and rows of panels of each dashboard, variables set: all instances are shown."""
    variables = {"$__rate_interval": f"{SCRAPES_IN_RATE * scrape_seconds}s",
                 "$__range": SHOWN_RANGE, "$namespace": ".+", "$load_job": "locust",
                 "$job": "productd", "$instance": ".+"}
    found = []
    for name in DASHBOARDS:
        board = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        rows: list[dict[str, Any]] = []
        for panel in board["panels"]:
            if panel["type"] == "row":
                rows.append({"title": panel["title"], "panels": []})
                # Those of a collapsed row are in it.
                rows[-1]["panels"] += [_panel(one, variables) for one in panel.get("panels") or []]
            else:
                rows[-1]["panels"].append(_panel(panel, variables))
        found.append({"name": name, "title": board["title"].removeprefix("productd / "),
                      "rows": rows})
    return found


def _panel(panel: dict[str, Any], variables: dict[str, str]) -> dict[str, Any]:
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults.get("custom", {})
    steps = [[step["value"], step["color"]]
             for step in defaults.get("thresholds", {}).get("steps", [])]
    drawn = custom.get("thresholdsStyle", {}).get("mode", "off") != "off"
    return {
        "kind": panel["type"], "title": panel["title"], "description": panel["description"],
        "unit": defaults.get("unit") or panel.get("options", {}).get("yAxis", {}).get("unit"),
        "log": custom.get("scaleDistribution", {}).get("type") == "log",
        "thresholds": steps,
        "limits": [value for value, _ in steps if value is not None] if drawn else [],
        "queries": [{"expr": _set(target["expr"], variables), "legend": target["legendFormat"]}
                    for target in panel["targets"]]}


def _set(expr: str, variables: dict[str, str]) -> str:
    for name, value in variables.items():
        expr = expr.replace(name, value)
    return expr
