#!/usr/bin/env python3
"""Holds dashboards/ to its rules; nothing runs but promtool.

  .venv/bin/python tests/tools/dashboards_test.py

The files are what dashboards/generate.py writes; each dashboard has the variables, units,
descriptions and links that all have, and works wherever it is loaded; and every query parses. What
only a running Prometheus can tell is in observability_test.py.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

import promql
from promql import DASHBOARDS, ROOT

sys.path.insert(0, str(DASHBOARDS))
sys.dont_write_bytecode = True

import generate  # noqa: E402  (needs the path)

PROMTOOL_TIMEOUT_SECONDS = 60
# kubectl apply keeps the whole object in an annotation of at most 256 KiB.
MAX_DASHBOARD_BYTES = 256 * 1024
# Plugins that Grafana has in it and that are not Angular.
PANEL_TYPES = {"timeseries", "stat", "heatmap"}
COUNTER_SUFFIXES = ("_total", "_count", "_sum", "_bucket")
# Of other programs, and what is made by rules: they have no `instance` of productd's, or no `job`.
FOREIGN = re.compile(r"^(kubelet_|node_|kube_|container_|ALERTS$|locust_)")
RECORDED = re.compile(r"^job:")


def datasource_faults(part: dict, place: str) -> list[str]:
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    return [] if part.get("datasource") == wanted else [f"{place}: datasource is not $datasource"]


def expression_faults(place: str, expr: str) -> list[str]:
    faults = []
    for selector in promql.selectors(expr):
        labels = {matcher.label: matcher.value for matcher in selector.matchers}
        if not FOREIGN.match(selector.metric):
            wanted = ["namespace", "job"] if RECORDED.match(selector.metric) else [
                "namespace", "job", "instance"]
            faults += [f"{place}: {selector.metric} without {label}=~\"${label}\""
                       for label in wanted if labels.get(label) != f"${label}"]
        if selector.metric.endswith(COUNTER_SUFFIXES) and not RECORDED.match(selector.metric):
            if not re.search(r"\b(rate|increase)\($", selector.before):
                faults.append(f"{place}: {selector.metric} is a counter outside of a rate")
    for function, window in re.findall(r"\b(rate|irate|increase)\([^()]*\[([^\]]*)\]", expr):
        allowed = {"$__rate_interval", "$__range"} if function == "increase" else {
            "$__rate_interval"}
        if window not in allowed:
            faults.append(f"{place}: {function} over [{window}]")
    return faults


class Dashboards(unittest.TestCase):
    def test_are_what_the_source_makes(self) -> None:
        names = [str(path.relative_to(ROOT)) for path in generate.drifted()]
        self.assertEqual(names, [], "run .venv/bin/python dashboards/generate.py")

    def test_are_five_with_stable_uids_and_linked_to_each_other(self) -> None:
        boards = promql.dashboards()
        self.assertEqual(len(boards), 5)
        for name, board in boards.items():
            with self.subTest(name):
                self.assertEqual(board["uid"], Path(name).stem)
                self.assertLessEqual(len(board["uid"]), 40)
                self.assertFalse(board["editable"])
                self.assertGreaterEqual(board["schemaVersion"], 39)
                self.assertTrue(board["title"] and board["description"])
                link, = board["links"]
                self.assertTrue(link["includeVars"] and link["keepTime"])
                for tag in link["tags"]:
                    self.assertIn(tag, board["tags"])

    def test_work_by_provisioning_by_a_sidecar_and_by_import(self) -> None:
        for name, board in promql.dashboards().items():
            with self.subTest(name):
                # A number, or an input to fill in, belongs to one Grafana.
                self.assertIsNone(board.get("id"))
                self.assertNotIn("__inputs", board)
                self.assertNotIn("__requires", board)
                size = (DASHBOARDS / name).stat().st_size
                self.assertLess(size, MAX_DASHBOARD_BYTES)
                uids = set(re.findall(r'"uid": "([^"]*)"', json.dumps(board)))
                self.assertEqual(uids, {board["uid"], "${datasource}"})

    def test_have_one_data_source_and_the_variables_of_a_process(self) -> None:
        for name, board in promql.dashboards().items():
            variables = {each["name"]: each for each in board["templating"]["list"]}
            with self.subTest(name):
                kinds = [each["type"] for each in variables.values()]
                self.assertEqual(kinds.count("datasource"), 1)
                self.assertEqual(variables["datasource"]["query"], "prometheus")
                self.assertLessEqual({"namespace", "job", "instance"}, set(variables))
                for variable in variables.values():
                    self.assertTrue(variable["label"] and variable["description"])
                    if variable["type"] == "query":
                        self.assertEqual(datasource_faults(variable, variable["name"]), [])
                        self.assertTrue(variable["multi"] and variable["includeAll"])
                        self.assertEqual(variable["allValue"], ".+")
                        self.assertEqual(variable["current"]["value"], "$__all")
                used = set(re.findall(r"\$\{?(\w+)", json.dumps(board)))
                self.assertLessEqual(used - {"__rate_interval", "__range", "__all"},
                                     set(variables))

    def test_begin_with_the_golden_signals(self) -> None:
        for name, board in promql.dashboards().items():
            with self.subTest(name):
                first = board["panels"][0]
                self.assertEqual((first["type"], first["title"]), ("row", "Golden signals"))

    def test_have_panels_that_ask_a_question_and_say_their_unit(self) -> None:
        for name, board in promql.dashboards().items():
            titles = []
            for panel in promql.panels(board):
                titles.append(panel["title"])
                with self.subTest(f"{name}: {panel['title']}"):
                    self.assertIn(panel["type"], PANEL_TYPES)
                    self.assertTrue(panel["title"].endswith("?"))
                    self.assertGreater(len(panel["description"]), 15)
                    self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                    faults = datasource_faults(panel, "panel")
                    for target in panel["targets"]:
                        faults += datasource_faults(target, target["refId"])
                    references = [target["refId"] for target in panel["targets"]]
                    self.assertEqual(len(references), len(set(references)))
                    self.assertEqual(faults, [])
            self.assertEqual(len(titles), len(set(titles)), "two panels of one title")
            self.assertGreaterEqual(len(titles), 10)

    def test_lay_no_panel_over_another(self) -> None:
        for name, board in promql.dashboards().items():
            taken = {}
            for panel in board["panels"]:
                at = panel["gridPos"]
                for x in range(at["x"], at["x"] + at["w"]):
                    for y in range(at["y"], at["y"] + at["h"]):
                        self.assertLess(x, 24, f"{name}: {panel['title']}")
                        other = taken.setdefault((x, y), panel["title"])
                        self.assertEqual(other, panel["title"], name)

    def test_mark_test_runs_restarts_and_deploys(self) -> None:
        for name, board in promql.dashboards().items():
            marks = {mark["name"]: mark for mark in board["annotations"]["list"]}
            self.assertEqual(set(marks), {"Test runs", "Restarts", "Deploys"}, name)
            for mark in marks.values():
                self.assertTrue(mark["enable"] and mark["titleFormat"])
                self.assertEqual(datasource_faults(mark, mark["name"]), [])

    def test_select_processes_and_take_counters_by_their_rate(self) -> None:
        faults = [fault for query in promql.panel_queries()
                  for fault in expression_faults(query.place, query.expr)]
        self.assertEqual(faults, [])

    def test_draw_a_heatmap_from_buckets(self) -> None:
        for board in promql.dashboards().values():
            for panel in promql.panels(board):
                if panel["type"] == "heatmap":
                    target, = panel["targets"]
                    self.assertEqual(target["format"], "heatmap")
                    self.assertIn("by (le)", target["expr"])

    def test_the_rules_above_find_what_breaks_them(self) -> None:
        own = 'namespace=~"$namespace",job=~"$job",instance=~"$instance"'
        for expr, fault in (
                ("productd_products", "without"),
                (f"productd_commit_failures_total{{{own}}}", "outside of a rate"),
                (f"sum(rate(productd_commit_failures_total{{{own}}}[5m]))", "over [5m]"),
                (f"irate(process_cpu_seconds_total{{{own}}}[1m])", "over [1m]")):
            self.assertIn(fault, " ".join(expression_faults("row", expr)), expr)
        self.assertEqual(expression_faults("row", f"productd_products{{{own}}}"), [])


class Queries(unittest.TestCase):
    def test_all_parse(self) -> None:
        queries = promql.panel_queries() + promql.annotation_queries() + promql.rule_queries()
        self.assertGreater(len(queries), 100)
        groups = {"groups": [{"name": "all", "rules": [
            {"record": f"query:{number}", "expr": promql.set_variables(query.expr)}
            for number, query in enumerate(queries)]}]}
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump(groups, file)
            file.flush()
            run = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True,
                                 text=True, timeout=PROMTOOL_TIMEOUT_SECONDS)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
