#!/usr/bin/env python3
"""Holds the alerts and recording rules of dashboards/rules to theirs; nothing runs but promtool.

  .venv/bin/python tests/tools/rules_test.py

Every alert has what an alert needs and a section in docs/runbook.md; figures that stand in rules
are those of the configuration and of the buckets; and promtool runs dashboards/rules/tests, in
which each alert must fire once and stay silent once.
"""

from __future__ import annotations

import re
import subprocess
import sys
import unittest

import yaml

import promql
from promql import DASHBOARDS, ROOT

sys.path.insert(0, str(DASHBOARDS))
sys.dont_write_bytecode = True

from source import slo  # noqa: E402  (needs the path)

PROMTOOL_TIMEOUT_SECONDS = 120
RULE_TESTS = DASHBOARDS / "rules" / "tests"


def promtool(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True,
                          cwd=DASHBOARDS, timeout=PROMTOOL_TIMEOUT_SECONDS)


class Rules(unittest.TestCase):
    def test_have_thresholds_on_the_bounds_of_buckets(self) -> None:
        layout = (ROOT / "server/metrics/histogram_layout.h").read_text(encoding="utf-8")
        ratio = float(re.search(r"kRatio = ([\d.]+);", layout)[1])
        for threshold in (slo.READ_THRESHOLD, slo.WRITE_THRESHOLD):
            bounds = [50e-6 * ratio ** step for step in range(129)]
            nearest = min(bounds, key=lambda bound: abs(bound - float(threshold)))
            # Bounds are rounded to four digits; the running server has the last word.
            self.assertEqual(f"{nearest:.4g}", f"{float(threshold):.4g}")

    def test_have_the_defaults_of_the_configuration(self) -> None:
        sample = yaml.safe_load((ROOT / "packaging/productd.yaml").read_text(encoding="utf-8"))
        self.assertEqual(sample["commit"]["max_queue_age_ms"], slo.MAX_QUEUE_AGE_SECONDS * 1000)

    def test_say_what_is_the_matter_and_where_to_read_on(self) -> None:
        runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
        sections = dict(re.findall(r"^### (Productd\w+)\n(.*?)(?=^##|\Z)", runbook,
                                   re.MULTILINE | re.DOTALL))
        alerts = [rule for rule in promql.rules() if "alert" in rule]
        self.assertEqual(sorted(sections), sorted(rule["alert"] for rule in alerts))
        for rule in alerts:
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                notes = rule["annotations"]
                self.assertEqual(set(notes), {"summary", "description", "runbook_url"})
                self.assertEqual(notes["runbook_url"],
                                 f"docs/runbook.md#{rule['alert'].lower()}")
                self.assertLess(len(notes["summary"]), 120)
                section = sections[rule["alert"]]
                for part in ("**Symptom.**", "**Likely causes.**", "**First commands.**"):
                    self.assertIn(part, section)
                self.assertRegex(section, r"```sh\n(.*\n)*?(curl|productctl|kubectl)")

    def test_pass_the_checks_of_promtool(self) -> None:
        run = promtool("check", "rules", "--lint=all", "--lint-fatal", *promql.rule_files())
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_fire_when_they_should_and_are_silent_when_not(self) -> None:
        files = sorted(RULE_TESTS.glob("*.yaml"))
        run = promtool("test", "rules", *files)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_each_have_a_unit_test_that_fires_and_one_that_is_silent(self) -> None:
        fires, silent = set(), set()
        for path in RULE_TESTS.glob("*.yaml"):
            for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
                for case in test.get("alert_rule_test", []):
                    (fires if case.get("exp_alerts") else silent).add(case["alertname"])
                for case in test.get("promql_expr_test", []):
                    samples = "".join(sample["labels"] for sample in case["exp_samples"])
                    named = set(re.findall(r'alertname="(\w+)"', samples))
                    fires |= named
                    # All firing alerts are asked for, so those not listed are silent there.
                    if case["expr"].startswith("count by (alertname"):
                        silent |= {rule["alert"] for rule in promql.rules()
                                   if "alert" in rule} - named
        alerts = {rule["alert"] for rule in promql.rules() if "alert" in rule}
        self.assertEqual(alerts - fires, set(), "no test fires them")
        self.assertEqual(alerts - silent, set(), "no test finds them silent")


if __name__ == "__main__":
    unittest.main()
