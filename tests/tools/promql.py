"""What dashboards and rules ask Prometheus: their queries, and the series that these name.

Not a parser: Prometheus is that, and both tests have it parse each query. This finds names and
matchers in a text that is known to be right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = ROOT / "dashboards"

#: As Grafana would set them; All is the `allValue` of a variable.
VARIABLES = {"$__rate_interval": "8s", "$__range": "2m", "$namespace": ".+", "$job": ".+",
             "$instance": ".+", "$load_job": ".+"}

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
_GROUPING = re.compile(r"\b(?:by|on|group_left|group_right|without|ignoring)\s*\(([^)]*)\)")
_NAME = re.compile(r"[a-zA-Z_:][\w:]*")
_WINDOW = re.compile(r"\[[^\]]*\]|\boffset \w+")
_WORDS = {"and", "or", "unless", "by", "on", "group_left", "group_right", "without", "ignoring",
          "bool", "offset", "inf", "nan"}


class Matcher(NamedTuple):
    label: str
    operator: str
    value: str


class Selector(NamedTuple):
    metric: str
    matchers: tuple[Matcher, ...]
    #: What is directly before it and directly after it, for "is it within rate(...[5m])?".
    before: str
    after: str


class Query(NamedTuple):
    #: "productd-slo.json: Alerts: how many fire?", or file and rule.
    place: str
    expr: str


def set_variables(expr: str) -> str:
    for name, value in VARIABLES.items():
        expr = expr.replace(name, value)
    return expr


def _blank(pattern: re.Pattern, text: str) -> str:
    """Spaces instead of each match, so that places stay what they were."""
    return pattern.sub(lambda match: " " * len(match[0]), text)


def selectors(expr: str) -> list[Selector]:
    """Every metric that is named, with a selector in braces or without one."""
    found = []
    # A string may hold braces, as the pattern of a route does.
    bare = _blank(_STRING, expr)
    for match in _SELECTOR.finditer(bare):
        matchers = tuple(Matcher(*parts)
                         for parts in _MATCHER.findall(expr[match.start(2):match.end(2)]))
        found.append(Selector(match[1], matchers, expr[:match.start()], expr[match.end():]))
    for pattern in (_SELECTOR, _GROUPING, _WINDOW):
        bare = _blank(pattern, bare)
    for match in _NAME.finditer(bare):
        number = bare[:match.start()][-1:].isdigit()
        called = bare[match.end():].lstrip().startswith("(")
        if match[0].lower() not in _WORDS and not number and not called:
            found.append(Selector(match[0], (), expr[:match.start()], expr[match.end():]))
    return found


def grouping_labels(expr: str) -> set[str]:
    """The labels in by(...), on(...) and their like."""
    return {name for match in _GROUPING.finditer(expr) for name in _NAME.findall(match[1])}


def dashboards() -> dict[str, dict]:
    """Every dashboard by the name of its file."""
    return {path.name: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(DASHBOARDS.glob("*.json"))}


def panels(dashboard: dict) -> Iterator[dict]:
    """All but rows, those of collapsed rows too."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels") or []
        else:
            yield panel


def panel_queries() -> list[Query]:
    return [Query(f"{name}: {panel['title']}", target["expr"])
            for name, dashboard in dashboards().items()
            for panel in panels(dashboard) for target in panel["targets"]]


def annotation_queries() -> list[Query]:
    return [Query(f"{name}: annotation {annotation['name']}", annotation["expr"])
            for name, dashboard in dashboards().items()
            for annotation in dashboard["annotations"]["list"]]


def rule_files() -> list[Path]:
    return sorted((DASHBOARDS / "rules").glob("*.yaml"))


def rules() -> list[dict]:
    """Every rule as its file has it, records first."""
    found = [rule for path in rule_files()
             for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
             for rule in group["rules"]]
    return sorted(found, key=lambda rule: "record" not in rule)


def rule_queries() -> list[Query]:
    return [Query(f"rule {rule.get('record') or rule['alert']} {rule['labels']}", rule["expr"])
            for rule in rules()]
