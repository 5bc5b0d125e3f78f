#!/usr/bin/env python3
"""The parts of run_experiment.py, without a server and without Locust.

  .venv/bin/python tests/tools/experiment_units_test.py
"""

from __future__ import annotations

import io
import math
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "loadtest"))

from experiment import compare, report_markdown, report_page  # noqa: E402
from experiment.claims import CONFIRMED, OPEN, PARTLY, REFUTED, claims  # noqa: E402
from experiment.directory import DirectoryError, ExperimentDirectory  # noqa: E402
from experiment.histograms import Exposition, Histogram  # noqa: E402
from experiment.one_run import Now, has_run_long_enough  # noqa: E402
from experiment.progress import Progress  # noqa: E402
from experiment.runs import PUBLISHED, Run, planned  # noqa: E402
from experiment.sampling import busy_stretches  # noqa: E402
from experiment.summary import summarize  # noqa: E402
from experiment.verdict import Evidence, Source, judge, tail_quantile  # noqa: E402

BOUNDS = (0.001, 0.01, 0.1, 1.0, math.inf)
GET = 'http_request_duration_seconds_bucket{method="GET",route="/products/{productId}"'
TEXT = f"""\
# HELP http_request_duration_seconds by route
{GET},code="200",le="0.001"}} 90
{GET},code="200",le="0.01"}} 100
{GET},code="200",le="+Inf"}} 100
{GET},code="404",le="0.001"}} 0
{GET},code="404",le="0.01"}} 2
{GET},code="404",le="+Inf"}} 4
http_request_duration_seconds_bucket{{method="POST",route="/products",code="204",le="0.001"}} 7
process_cpu_seconds_total 1.5
locust_users{{user_class="ProductHttpUser"}} 10
locust_users{{user_class="a \\"quoted\\" one"}} 2
"""


def evidence(**changes: Any) -> Evidence:
    """Of a run whose tail the rule can only call the wire's."""
    usual: dict[str, Any] = {
        "requests": 1000, "intended": 0.1, "sent": 0.1, "server": 0.001, "lag": 0.0,
        "busy_share": 0.0, "cpu_mean": 0.2, "cpu_worst": 0.3, "seeding_share": 0.0,
        "waited_share": 0.0, "others_share": 0.0}
    return Evidence(**(usual | changes))


def record(users: int = 1000, client: str = "http", busy: bool = True,
           server_index: int = 0) -> dict[str, Any]:
    """A run of 60 s as one_run.py keeps it: slow in its first seconds, when users seed."""
    rate = users / 2
    gets = rate * 0.9 * 60
    slow = gets * 0.05
    intervals = [{"begin": float(second), "end": second + 1.0, "cpu": 0.99 if second < 3 else 0.3,
                  "users": float(users), "histograms": {
                      "sent_get": {"2": slow / 3} if second < 3 else {"0": (gets - slow) / 57},
                      "intended_get": {"2": slow / 3} if second < 3 else {
                          "0": (gets - slow) / 57},
                      "sent_post": {"0": rate * 0.1},
                      "sent_seed": {"1": users * 100 / 3} if second < 3 else {}}}
                 for second in range(60)]
    row = {"50%": "2", "95%": "12", "99%": "90", "Request Count": "1000", "Failure Count": "0",
           "Requests/s": "400.5"}
    return {
        "run": Run(users, client, users / 10, 60, 60, 100).to_json(), "began": "2026-01-01",
        "locust": {name: row for name in ("/products/[id]", "/products/[id]/details",
                                          "/products/[id]/details (seed)")},
        "failures": 0, "locust_warned_of_cpu": True, "others_share": 0.01,
        "client_waited_share": 0.0, "busy_stretches": [[0.0, 2.9]] if busy else [],
        "bounds": {"latency": [str(bound) for bound in BOUNDS], "lag": ["0.00025", "0.1", "inf"]},
        "client": {f"{view}_get": {"0": gets - slow, "2": slow} for view in ("sent", "intended")}
        | {f"{view}_{kind}": {"1": 500.0} for view in ("sent", "intended")
           for kind in ("post", "seed")},
        "server": {"get": {str(server_index): gets}, "post": {"0": 1000.0}, "lag": {"0": 600.0}},
        "client_intervals": intervals,
        "server_intervals": [{"begin": float(second), "end": second + 1.0, "cpu": 0.02,
                              "users": None, "histograms": {"get": {"0": 100.0}, "lag": {}}}
                             for second in range(60)],
    }


def results(*records: dict[str, Any], server: str = "productd") -> dict[str, Any]:
    runs = [summarize(one) for one in records]
    return {"title": f"Experiment: {server}", "server": server, "quick": False,
            "notes": ["A note with <b>."], "setting": "Somewhere.",
            "environment": {"command": "`run`"}, "claims": claims(runs), "runs": runs}


class Histograms(unittest.TestCase):
    def test_series_are_chosen_by_labels_and_added(self) -> None:
        metrics = Exposition(TEXT)
        gets = metrics.histogram("http_request_duration_seconds", method="GET",
                                 route="/products/{productId}")
        self.assertEqual(gets.bounds, (0.001, 0.01, math.inf))
        self.assertEqual(gets.counts, (90, 12, 2))
        self.assertEqual(metrics.sum("locust_users"), 12)
        self.assertIsNone(metrics.sum("no_such_metric"))
        self.assertEqual(metrics.histogram("no_such_metric"), Histogram())

    def test_quantiles_are_those_of_prometheus(self) -> None:
        one = Histogram(BOUNDS, (50, 0, 40, 9, 1))
        for quantile, expected in ((0.25, 0.0005), (0.5, 0.001), (0.7, 0.055), (0.9, 0.1),
                                   (0.945, 0.55), (0.99, 1.0), (1.0, 1.0)):
            with self.subTest(quantile):
                self.assertAlmostEqual(one.quantile(quantile), expected)
        self.assertIsNone(Histogram().quantile(0.5))
        self.assertIsNone(Histogram(BOUNDS, (0,) * 5).quantile(0.5))

    def test_a_difference_and_a_file_keep_the_counts(self) -> None:
        before, after = Histogram(BOUNDS, (1, 0, 0, 0, 0)), Histogram(BOUNDS, (3, 0, 5, 0, 0))
        between = after.since(before)
        self.assertEqual(between.counts, (2, 0, 5, 0, 0))
        self.assertEqual(Histogram.from_sparse(BOUNDS, between.sparse()), between)
        self.assertEqual(after.since(Histogram()), after)
        self.assertEqual(between + Histogram(), between)
        with self.assertRaises(ValueError):
            before.since(Histogram((1.0, math.inf), (1, 1)))

    def test_a_distribution_ends_where_all_are_in_it(self) -> None:
        one = Histogram(BOUNDS, (0, 3, 0, 1, 0))
        self.assertEqual(one.distribution(), [(0.01, 0.75), (0.1, 0.75), (1.0, 1.0)])


class BusyStretches(unittest.TestCase):
    def test_windows_that_touch_are_one_stretch(self) -> None:
        looks = [(0.0, 0.0, 0.0), (0.02, 0.019, 0.0), (0.04, 0.03, 0.009), (0.06, 0.031, 0.009),
                 (0.08, 0.05, 0.009)]
        self.assertEqual(busy_stretches(looks), [(0.0, 0.04), (0.06, 0.08)])
        self.assertEqual(busy_stretches([]), [])

    def test_a_wait_that_is_counted_at_its_end_was_before_that(self) -> None:
        looks = [(0.0, 0.0, 0.0), (0.02, 0.0, 0.0), (0.04, 0.0, 0.0), (0.06, 0.001, 0.039),
                 (0.08, 0.001, 0.039)]
        self.assertEqual(busy_stretches(looks), [(0.02, 0.06)])


class Rule(unittest.TestCase):
    def test_the_tail_is_the_highest_quantile_that_enough_requests_lie_beyond(self) -> None:
        for requests, expected in ((0, None), (199, None), (200, 0.95), (999, 0.95),
                                   (1000, 0.99), (100_000, 0.99)):
            with self.subTest(requests):
                self.assertEqual(tail_quantile(requests), expected)

    def test_the_first_that_holds_says_whose_the_tail_is(self) -> None:
        rows: list[tuple[str, dict[str, Any], Source]] = [
            ("nothing but the wire is left", {}, Source.WIRE),
            ("too few", {"requests": 150, "server": 0.1}, Source.TOO_FEW),
            ("no request at all", {"requests": 0, "intended": None, "sent": None},
             Source.TOO_FEW),
            ("half is the server's", {"server": 0.05}, Source.SERVER),
            ("less than half is", {"server": 0.0499}, Source.WIRE),
            ("server and its lag are half", {"server": 0.02, "lag": 0.03}, Source.SERVER),
            ("lag alone", {"lag": 0.06}, Source.SERVER),
            ("a busy client does not excuse the server", {"server": 0.06, "busy_share": 1.0},
             Source.SERVER),
            ("a quarter passed before the send", {"sent": 0.075}, Source.LOAD_GENERATOR),
            ("less than a quarter did", {"sent": 0.0751}, Source.WIRE),
            ("half of the slow met a busy client", {"busy_share": 0.5}, Source.LOAD_GENERATOR),
            ("fewer did", {"busy_share": 0.49}, Source.WIRE),
            ("busy for its mean, but not when it was slow", {"cpu_mean": 0.95}, Source.WIRE),
            ("no samples of the client", {"busy_share": None, "cpu_mean": None,
                                          "cpu_worst": None}, Source.WIRE),
            ("a server that tells nothing", {"server": None, "lag": None}, Source.NOT_TOLD),
            ("… and a busy client", {"server": None, "lag": None, "busy_share": 1.0},
             Source.NOT_TOLD),
            ("… and a client that sent late", {"server": None, "lag": None, "sent": 0.05},
             Source.LOAD_GENERATOR),
            ("a quantile of the sent above the intended, as buckets may have it",
             {"sent": 0.101}, Source.WIRE),
        ]
        for what, changes, source in rows:
            with self.subTest(what):
                verdict = judge(evidence(**changes))
                self.assertEqual(verdict.source, source, verdict.sentence)
                self.assertTrue(verdict.sentence.endswith("."))

    def test_a_sentence_has_its_numbers(self) -> None:
        sentence = judge(evidence(intended=0.24, sent=0.18, server=0.0002,
                                  waited_share=0.3)).sentence
        for part in ("240 ms", "180 ms", "0.20 ms", "25%", "20% of its core", "30% of the time"):
            self.assertIn(part, sentence)


class Summaries(unittest.TestCase):
    def test_slow_requests_are_held_against_the_stretches_of_a_busy_loop(self) -> None:
        one = summarize(record())
        self.assertEqual(one["tail"]["source"], Source.LOAD_GENERATOR.value)
        self.assertEqual(one["tail"]["busy_share"], 1.0)
        self.assertEqual(one["tail"]["seeding_share"], 1.0)
        idle = summarize(record(busy=False))
        self.assertEqual((idle["tail"]["source"], idle["tail"]["busy_share"]), ("wire", 0.0))

    def test_a_stretch_shorter_than_half_the_tail_explains_nothing(self) -> None:
        one = record()
        one["busy_stretches"] = [[second, second + 0.04] for second in range(60)]
        self.assertEqual(summarize(one)["tail"]["source"], "wire")

    def test_figures_of_a_run(self) -> None:
        one = summarize(record())
        self.assertAlmostEqual(one["requests_per_second"], 500, delta=30)
        self.assertEqual(one["seeding_seconds"], 3.0)
        self.assertEqual(one["locust"]["get_p99"], 90)
        self.assertAlmostEqual(one["client_cpu"]["mean"], (3 * 0.99 + 57 * 0.3) / 60)
        self.assertEqual(one["client_cpu"]["worst"], 0.99)
        self.assertEqual(one["lag_p99"], 0.0)
        self.assertEqual(one["views"]["post"]["sent"]["count"], 1000)

    def test_the_tail_after_the_seed_is_told_beside_that_of_the_run(self) -> None:
        after = summarize(record())["tail"]
        # Slow were the first three seconds, in which users seeded.
        self.assertLessEqual(after["after_seed_p99"]["intended"], 0.001)
        self.assertIn("Once all had seeded, p99 was 0.99 ms", after["sentence"])
        stopped = record()
        stopped["client_intervals"][-1]["histograms"]["intended_get"] = {"3": 1000.0}
        self.assertEqual(summarize(stopped)["tail"]["after_seed_p99"], after["after_seed_p99"],
                         "the end of a run is not its load")
        few = summarize(record(users=10))["tail"]
        self.assertIsNone(few["after_seed_p99"])
        self.assertNotIn("Once all", few["sentence"])

    def test_a_server_without_metrics_has_no_figures_of_its_own(self) -> None:
        one = record(busy=False)
        one["server"] = {}
        for interval in one["server_intervals"]:
            interval["histograms"] = {}
        summary = summarize(one)
        self.assertIsNone(summary["views"]["get"]["server"]["p99"])
        self.assertEqual(summary["tail"]["source"], Source.NOT_TOLD.value)
        self.assertIn(" - ", report_markdown.markdown(results(one)))


class Claims(unittest.TestCase):
    def verdicts(self, *records: dict[str, Any]) -> list[str]:
        return [one["verdict"] for one in claims([summarize(one) for one in records])]

    def test_each_follows_from_its_numbers(self) -> None:
        both = record(), record(client="fast")
        self.assertEqual(self.verdicts(*both), [CONFIRMED, CONFIRMED, OPEN, CONFIRMED])
        servers = record(server_index=2), record(client="fast", server_index=2)
        self.assertEqual(self.verdicts(*servers)[1], REFUTED)
        self.assertEqual(self.verdicts(record(busy=False), record(client="fast"))[1], REFUTED)
        self.assertEqual(claims([]), [])

    def test_a_client_that_is_late_and_not_busy_confirms_in_part(self) -> None:
        late = record(busy=False)
        late["client"]["sent_get"] = {"0": sum(late["client"]["sent_get"].values())}
        self.assertEqual(self.verdicts(late)[1], PARTLY)

    def test_a_failure_refutes_that_there_is_none(self) -> None:
        failed = record()
        failed["failures"] = 1
        self.assertEqual(self.verdicts(failed)[0], REFUTED)

    def test_only_the_runs_with_the_most_users_speak_of_the_tail(self) -> None:
        few = record(users=10, busy=False)
        self.assertEqual(self.verdicts(few, record())[1], CONFIRMED)

    def test_too_few_requests_decide_nothing_about_a_tail(self) -> None:
        few = record(users=2), record(users=2, client="fast")
        self.assertEqual(self.verdicts(*few)[1:3], [OPEN, OPEN])

    def test_seeding_to_the_end_leaves_the_rate_open(self) -> None:
        slow = record()
        slow["client_intervals"][-1]["histograms"]["sent_seed"] = {"0": 5}
        self.assertEqual(self.verdicts(slow)[3], OPEN)
        halved = record()
        for interval in halved["client_intervals"]:
            interval["histograms"]["sent_get"] = {}
        self.assertEqual(self.verdicts(halved)[3], REFUTED)


class Directory(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="experiment-")
        self.addCleanup(folder.cleanup)
        self.directory = ExperimentDirectory(Path(folder.name) / "one")
        self.run_ = Run(10, "http", 2, 60, 240, 100)

    def test_a_finished_run_is_found_again_and_only_that(self) -> None:
        self.directory.open({"seconds": 60})
        self.assertIsNone(self.directory.record(self.run_))
        kept = {"run": self.run_.to_json(), "failures": 0}
        self.directory.keep(self.run_, kept)
        again = ExperimentDirectory(self.directory.path)
        again.open({"seconds": 60})
        self.assertEqual(again.record(self.run_), kept)
        self.assertIsNone(again.record(Run(10, "http", 5, 60, 240, 100)), "another ramp")

    def test_other_parameters_are_refused_by_name(self) -> None:
        self.directory.open({"seconds": 60, "server": "productd"})
        with self.assertRaisesRegex(DirectoryError, "seconds was 60 and is 9.*--fresh"):
            self.directory.open({"seconds": 9, "server": "productd"})

    def test_what_is_no_experiment_is_neither_used_nor_removed(self) -> None:
        self.directory.path.mkdir()
        (self.directory.path / "precious").write_text("mine")
        self.directory.clear()
        with self.assertRaises(DirectoryError):
            self.directory.open({})
        self.assertTrue((self.directory.path / "precious").exists())


class Plan(unittest.TestCase):
    def test_the_eight_runs_are_those_of_the_published_experiment(self) -> None:
        runs = planned([10, 100, 500, 1000], ["http", "fast"], None, None, quick=False)
        self.assertEqual([run.name for run in runs], list(PUBLISHED))
        self.assertEqual([run.spawn_rate for run in runs[::2]], [2, 10, 50, 100])
        self.assertEqual({(run.seconds, run.seed_count) for run in runs}, {(60, 100)})
        self.assertTrue(all(run.longest > run.seconds for run in runs), "they wait for the seed")

    def test_a_quick_plan_is_shorter_than_two_minutes(self) -> None:
        runs = planned([10, 100, 500, 1000], ["http", "fast"], None, None, quick=True)
        self.assertTrue(all(run.longest == run.seconds for run in runs))
        # Locust takes two to three seconds to start and end.
        self.assertLess(sum(run.seconds + 3 for run in runs), 110)


    def test_a_run_goes_on_until_its_users_have_seeded_and_read(self) -> None:
        longer = Run(1000, "http", 100, 60, 240, 100)
        fixed = Run(1000, "http", 500, 9, 9, 10)
        for run, now, first_user, seeded, expected in (
                (longer, 50, None, None, False),
                (longer, 61.9, 2, 30, False),
                (longer, 62, 2, 30, True),
                (longer, 100, 2, None, False),
                (longer, 100, 2, 90, False),
                (longer, 110, 2, 90, True),
                (fixed, 100, 2, 5, False)):
            with self.subTest(run=run, now=now, seeded=seeded):
                self.assertEqual(has_run_long_enough(run, now, first_user, seeded), expected)


class Reports(unittest.TestCase):
    def test_markdown_has_every_table_row_and_rule(self) -> None:
        text = report_markdown.markdown(results(record(), record(client="fast")))
        for part in ("| 1000 | Http | 2 (17) | 12 (180) |", "## Where each tail comes from",
                     "5. **wire**", "(rates.svg)", "| 1000 | Fast | POST |", "confirmed"):
            self.assertIn(part, text)

    def test_a_page_has_all_in_it_and_nothing_from_elsewhere(self) -> None:
        text = report_page.report_page(results(record()))
        self.assertIn("A note with &lt;b&gt;.", text)
        own = text.replace(report_page.CHART_LIBRARY.read_text(), "")
        for word in ("src=", "@import", "url(", "sourceMappingURL"):
            self.assertNotIn(word, own)

    def test_two_servers_are_compared_by_the_runs_they_share(self) -> None:
        other = results(record(), record(users=10), server="go_peer")
        of = compare.comparison(results(record()), other)
        self.assertEqual([pair[0]["name"] for pair in of["pairs"]], ["1000-http"])
        self.assertIn("| 1000 | Http |", compare.markdown(of))
        self.assertIn("go_peer", report_page.comparison_page(of))

    def test_runs_that_differ_are_not_compared(self) -> None:
        shorter = record()
        shorter["run"]["seconds"] = 9
        for other, why in ((results(shorter), "repeat one"), (results(record(users=10)), "no run")):
            with self.assertRaisesRegex(DirectoryError, why):
                compare.comparison(results(record()), other)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class ProgressBar(unittest.TestCase):
    def shown(self, stream: io.StringIO) -> str:
        runs = planned([10, 100], ["http"], 10, 1, quick=False)
        progress = Progress(runs, stream)
        progress.kept(runs[0])
        progress.begin(runs[1])
        for second in range(3):
            progress.show(runs[1], Now(second, 100, 50, 0, 0.5))
        progress.end(runs[1], "done")
        return stream.getvalue()

    def test_a_terminal_has_a_bar_and_a_log_a_line_a_run(self) -> None:
        self.assertIn("\r[########", self.shown(Terminal()))
        log = self.shown(io.StringIO())
        self.assertNotIn("\r", log)
        self.assertEqual(len(log.splitlines()), 3)


if __name__ == "__main__":
    unittest.main()
