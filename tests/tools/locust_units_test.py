#!/usr/bin/env python3
"""The parts of the load generator that need neither Locust nor a server.

  python3 tests/tools/locust_units_test.py
"""

from __future__ import annotations

import math
import sys
import unittest
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "loadtest"))
sys.dont_write_bytecode = True

import arrivals  # noqa: E402  (needs the path)
from client_metrics import INTENDED_START, RESPONSE_TIME, ClientMetrics  # noqa: E402
from latency_histogram import LE, UPPER_BOUNDS, LatencyHistogram, quantile  # noqa: E402
from saturation import Step, verdict  # noqa: E402


def bucket_of(seconds: float) -> int:
    histogram = LatencyHistogram()
    histogram.record(seconds)
    return histogram.counts.index(1)


class Histogram(unittest.TestCase):
    def test_has_129_bounds_from_50_microseconds_to_10_seconds(self) -> None:
        self.assertEqual((len(UPPER_BOUNDS), LE[0], LE[-2], LE[-1]), (129, "5e-05", "10", "+Inf"))
        for lower, upper in zip(UPPER_BOUNDS, UPPER_BOUNDS[1:]):
            self.assertAlmostEqual(upper / lower, 1.10, delta=0.001)

    def test_puts_a_latency_on_a_bound_into_the_bucket_that_it_bounds(self) -> None:
        for index, bound in enumerate(UPPER_BOUNDS):
            with self.subTest(bound):
                self.assertEqual(bucket_of(math.nextafter(bound, 0)), index)
                self.assertEqual(bucket_of(bound), index)
                self.assertEqual(bucket_of(math.nextafter(bound, math.inf)), index + 1)
        for seconds, bucket in ((0.0, 0), (-1.0, 0), (1e9, 129)):
            self.assertEqual(bucket_of(seconds), bucket)

    def test_quantile_is_the_bound_of_the_bucket_that_holds_it(self) -> None:
        histogram = LatencyHistogram()
        for seconds in (0.001,) * 98 + (1.0, 1e9):
            histogram.record(seconds)
        self.assertEqual(quantile([0] * 130, 0.99), 0.0)
        for q, index in ((0.5, bucket_of(0.001)), (0.98, bucket_of(0.001)),
                         (0.99, bucket_of(1.0))):
            self.assertEqual(quantile(histogram.counts, q), UPPER_BOUNDS[index])
        self.assertEqual(quantile(histogram.counts, 1), math.inf)


class Metrics(unittest.TestCase):
    def setUp(self) -> None:
        self.metrics = ClientMetrics()
        self.metrics.record("GET", "/a", 0.5, 0.25)
        self.metrics.record("GET", "/a", 0.5, 0.0)
        self.metrics.record_failure("GET", "/a", "status")
        self.metrics.record_dropped_arrivals(3)

    def test_are_in_the_text_with_what_every_query_needs(self) -> None:
        self.metrics.processor_times["local"] = (0.0, 1.5)
        lines = self.metrics.render({"SomeUser": 7}).splitlines()
        for line in ('locust_response_time_seconds_bucket{method="GET",name="/a",le="+Inf"} 2',
                     'locust_response_time_seconds_count{method="GET",name="/a"} 2',
                     'locust_response_time_seconds_sum{method="GET",name="/a"} 1.0',
                     'locust_intended_start_latency_seconds_sum{method="GET",name="/a"} 1.25',
                     'locust_failures_total{method="GET",name="/a",kind="status"} 1',
                     'locust_failures_total{method="GET",name="/a",kind="no_answer"} 0',
                     'locust_users{user_class="SomeUser"} 7',
                     'locust_process_cpu_seconds_total{process="local"} 1.5',
                     "locust_dropped_arrivals_total 3",
                     f"# TYPE {RESPONSE_TIME} histogram", f"# TYPE {INTENDED_START} histogram"):
            self.assertIn(line, lines)

    def test_of_workers_add_up_and_are_sent_once(self) -> None:
        expected = self.metrics.render({})
        first = self.metrics.take()
        self.metrics.record("GET", "/a", 0.5, 0.0)
        second = self.metrics.take()
        master = ClientMetrics()
        for report in (first, self.metrics.take()):
            master.merge(report)
        self.assertEqual(master.render({}), expected)
        master.merge(second)
        self.assertIn('locust_response_time_seconds_count{method="GET",name="/a"} 3',
                      master.render({}))

    def test_escape_what_would_end_a_label(self) -> None:
        self.metrics.record("GET", 'a"b\\c\nd', 1, 0)
        self.assertIn(r'name="a\"b\\c\nd"', self.metrics.render({}))


class Schedule(unittest.TestCase):
    def test_of_arrivals_goes_on_while_one_is_served(self) -> None:
        schedule = arrivals.Arrivals(1.0, arrivals.even(1), limit=10)
        self.assertEqual(schedule.take(0.0), 1.0)
        # Until 4.5 nobody could be served; those who came wait in their order.
        self.assertEqual([schedule.take(4.5) for _ in range(4)], [2.0, 3.0, 4.0, 5.0])
        self.assertEqual(schedule.dropped, 0)

    def test_drops_and_counts_who_finds_the_line_full(self) -> None:
        schedule = arrivals.Arrivals(1.0, arrivals.even(1), limit=2)
        self.assertEqual([schedule.take(5.5) for _ in range(3)], [1.0, 2.0, 6.0])
        self.assertEqual(schedule.dropped, 3)

    def test_of_poisson_arrivals_has_the_rate_and_no_even_gaps(self) -> None:
        gap = arrivals.poisson(50)
        gaps = [gap() for _ in range(20_000)]
        mean = sum(gaps) / len(gaps)
        self.assertAlmostEqual(mean, 1 / 50, delta=0.002)
        deviation = math.sqrt(sum((one - mean) ** 2 for one in gaps) / len(gaps))
        self.assertAlmostEqual(deviation, mean, delta=0.002)


class Saturation(unittest.TestCase):
    def test_is_told_from_growth_failure_and_a_busy_client(self) -> None:
        def steps(*rates: float, **last: float) -> list[Step]:
            found = [Step(10 * 2**number, rate, 0.0, 0.01, 0.5)
                     for number, rate in enumerate(rates)]
            return [*found[:-1], replace(found[-1], **last)]
        for name, ramp, sentence in (
                ("grows", steps(100, 200, 400), ""),
                ("grows a little", steps(100, 121, 146), ""),
                ("one step without growth", steps(100, 200, 200), ""),
                ("two steps without growth", steps(100, 200, 200, 190), "Saturated at 20 users"),
                ("falls", steps(100, 80, 60), "Saturated at 10 users"),
                ("fails", steps(100, 200, failures_per_second=3.0), "The server fails: 2%"),
                ("fails rarely", steps(100, 200, failures_per_second=1.0), ""),
                ("busy client", steps(100, 200, client_cpu=0.95), "not the server"),
                ("no answers", steps(0), "No request was answered")):
            with self.subTest(name):
                if sentence:
                    self.assertIn(sentence, verdict(ramp))
                else:
                    self.assertEqual(verdict(ramp), "")


if __name__ == "__main__":
    unittest.main()
