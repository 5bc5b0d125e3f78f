#!/usr/bin/env python3
"""What Prometheus makes of our buckets: quantiles that are true, whatever the latencies look like.

  python3 tests/tools/quantile_test.py build/release/bin

The argument is the directory of productd. 200,000 latencies of each of five shapes are put into the buckets of a real scrape, and promtool's
histogram_quantile must come within 10 % of the exact quantile.
"""

from __future__ import annotations

import bisect
import contextlib
import math
import random
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from collections.abc import Callable
from pathlib import Path

SAMPLES = 200_000
QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999)
# The end of the buckets that promise it is 10 s, their begin 50 us; the shapes stay within.
TOLERANCE = 0.10

Draw = Callable[[random.Random], float]
SHAPES: dict[str, Draw] = {
    "lognormal": lambda r: r.lognormvariate(math.log(0.002), 0.8),
    # A cache that hits and one that does not.
    "bimodal": lambda r: r.gauss(0.0004, 0.00004) if r.random() < 0.93 else r.gauss(0.03, 0.004),
    "pareto": lambda r: 0.0003 * r.paretovariate(1.5),
    # All fast but for a pause that takes two in a thousand.
    "spike": lambda r: r.uniform(0.4, 0.6) if r.random() < 0.002 else r.uniform(0.0008, 0.0012),
    "constant": lambda r: 0.00123,
}


def latencies(shape: str) -> list[float]:
    """Sorted, in seconds; the same in every run."""
    generator = random.Random(shape)
    return sorted(min(max(SHAPES[shape](generator), 60e-6), 9.9) for _ in range(SAMPLES))


def exact_quantile(values: list[float], quantile: float) -> float:
    """The smallest value that so large a share is not above."""
    return values[math.ceil(quantile * len(values)) - 1]


@contextlib.contextmanager
def running_productd(binary: Path):
    """The address of a productd that answers nothing but what is asked here."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        server = subprocess.Popen(
            [str(binary), "--storage-engine", "memory", "--http-listen", "127.0.0.1:0",
             "--ready-file", str(ready)], cwd=folder, stderr=subprocess.DEVNULL)
        try:
            while not ready.exists() and server.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    server.wait(0.01)
            yield ready.read_text().split()[0]
        finally:
            server.kill()
            server.wait()


def bucket_bounds(address: str) -> list[str]:
    """The `le` of one latency histogram, as they are printed, +Inf last."""
    urllib.request.urlopen(f"http://{address}/health").read()
    scrape = urllib.request.urlopen(f"http://{address}/metrics").read().decode()
    series = r'http_request_duration_seconds_bucket\{method="GET",route="/health",code="200",'
    return re.findall(series + r'le="([^"]+)"\} ', scrape)


def promtool_test(bounds: list[str]) -> str:
    """A unit test of rules, without rules: series and what expressions over them must be."""
    series: list[str] = []
    cases: list[str] = []
    upper = [float(bound) for bound in bounds]
    for shape in SHAPES:
        values = latencies(shape)
        for text, bound in zip(bounds, upper):
            # A bucket includes its upper bound.
            count = bisect.bisect_right(values, bound)
            series.append(f"      - series: 'latency_bucket{{shape=\"{shape}\",le=\"{text}\"}}'\n"
                          f"        values: '0 {count}'\n")
        for quantile in QUANTILES:
            exact = exact_quantile(values, quantile)
            cases.append(
                f"      - expr: abs(histogram_quantile({quantile}, sum by (le) (rate("
                f"latency_bucket{{shape=\"{shape}\"}}[2m]))) / {exact!r} - 1) <= bool {TOLERANCE}\n"
                f"        eval_time: 1m\n"
                f"        exp_samples: [{{value: 1}}]\n")
    return ("tests:\n  - interval: 1m\n    input_series:\n" + "".join(series) +
            "    promql_expr_test:\n" + "".join(cases))


class Quantiles(unittest.TestCase):
    bounds: list[str] = []

    def promtool(self, bounds: list[str]) -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory() as folder:
            test = Path(folder) / "quantiles.yaml"
            test.write_text(promtool_test(bounds))
            return subprocess.run(["promtool", "test", "rules", str(test)], capture_output=True,
                                  text=True, check=False)

    def test_are_within_ten_percent_of_the_exact_ones(self) -> None:
        self.assertEqual(len(self.bounds), 130)
        result = self.promtool(self.bounds)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_of_the_customary_buckets_are_not(self) -> None:
        """That the test above can fail: with the default buckets of client libraries it does."""
        customary = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10",
                     "+Inf"]
        self.assertNotEqual(self.promtool(customary).returncode, 0)


if __name__ == "__main__":
    with running_productd((Path(sys.argv.pop(1)) / "productd").resolve()) as productd:
        Quantiles.bounds = bucket_bounds(productd)
    unittest.main()
