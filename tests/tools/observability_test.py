#!/usr/bin/env python3
"""Runs every query of dashboards/ against a real Prometheus, a real productd and a real Locust.

  .venv/bin/python tests/tools/observability_test.py build/release/bin

The argument is the directory of productd and productctl. A productd with the lmdb engine is read,
written, filled by batches, asked wrongly, and made to refuse; Prometheus evaluates the recording
rules and alerts meanwhile. Then no panel may be empty, no panel may be 0 all the time unless
NOTHING_HAPPENED says why, every metric and label that a rule names must be there, and the commands
of docs/runbook.md must succeed, but for those of kubectl. OF_OTHERS holds the only metrics that may
be missing; a stand-in serves them by their names and labels, so that their queries run too. Half a
minute; listens on loopback only.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import math
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

import yaml

import promql
from check_readme import sh_commands
from locust_run import running as running_locust
from processes import Productd, ended, free_port, running_productd, serving, wait_until
from promql import DASHBOARDS, ROOT

REQUEST_TIMEOUT_SECONDS = 30.0
LOAD_SECONDS = 12.0
# What is rated over 8 s (promql.VARIABLES) needs some scrapes in it.
SCRAPE_INTERVAL = "1s"
STEP_SECONDS = 2

#: Of other programs, which do not run here, and what depends on the machine.
OF_OTHERS = {
    r"productd_cpu_(throttled_seconds|throttled_periods|periods)_total":
        "only in a cgroup with a CPU controller, as in a container",
    r"kubelet_volume_stats_.*": "of the kubelet",
    r"node_filesystem_.*": "of node_exporter",
    r"kube_.*": "of kube-state-metrics",
    r"container_.*": "of cAdvisor in the kubelet",
}
#: Panels of which all is 0 in a good run, and why that says nothing against their queries.
NOTHING_HAPPENED = {
    "Alerts: how many fire?": "the alerts that could fire take longer than this test",
    "Errors: how many requests fail for the client?": "no request of Locust fails here",
    "Errors: do commits fail?": "no disk fails here",
    "Do commits fail?": "no disk fails here",
    "Are writes stopped?": "no disk fails here",
    "Are log lines lost?": "standard error is a file",
    "Queue: how full is the fullest?": "between two commits the queue is empty",
    "How many changes wait for a commit?": "between two commits the queue is empty",
    "Saturation: how many changes wait?": "between two commits the queue is empty",
    "When did backups run, and did they fail?": "a backup of a small catalogue takes milliseconds",
    "Write latency: which instance is slow?": "a commit is faster than the objective",
    "Which share of writes takes longer than 102.8 ms?": "a commit is faster than the objective",
    "Which share of reads takes longer than 10.43 ms?": "a read is faster than the objective",
    "Read latency: which instance is slow?": "a read is faster than the objective",
    "Read latency: how fast does the budget burn?": "a read is faster than the objective",
    "Write latency: how fast does the budget burn?": "a commit is faster than the objective",
}

programs = Path()


def stand_in_metrics(seconds: float) -> str:
    """What OF_OTHERS names, as it would be after a run of so many seconds."""
    container = 'namespace="local",pod="productd-0",container="productd"'
    claim = 'namespace="local",persistentvolumeclaim="data-productd-0"'
    mount = 'mountpoint="/var/lib/productd"'
    lines = [
        f"productd_cpu_throttled_seconds_total {seconds / 100}",
        f"productd_cpu_throttled_periods_total {seconds}",
        f"productd_cpu_periods_total {10 * seconds}",
        f"kubelet_volume_stats_available_bytes{{{claim}}} 5e9",
        f"kubelet_volume_stats_capacity_bytes{{{claim}}} 1e10",
        f"node_filesystem_avail_bytes{{{mount}}} 5e9",
        f"node_filesystem_size_bytes{{{mount}}} 1e10",
        f"container_memory_working_set_bytes{{{container}}} 1e8",
        f'kube_pod_container_resource_limits{{{container},resource="memory"}} 2e8',
    ]
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def running_stand_in() -> Iterator[str]:
    """ADDRESS:PORT of what serves stand_in_metrics."""
    began = time.monotonic()

    class Scrape(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = stand_in_metrics(time.monotonic() - began).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Scrape) as address:
        yield address


def excuse(metric: str) -> Optional[str]:
    for pattern, reason in OF_OTHERS.items():
        if re.fullmatch(pattern, metric):
            return reason
    return None


class Prometheus:
    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **parameters: object):
        """The `data` of an answer; RuntimeError with Prometheus's own words for a refusal."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}",
                                        timeout=REQUEST_TIMEOUT_SECONDS) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            # JSON of its own, except while it starts.
            raise RuntimeError(error.read().decode(errors="replace")) from None

    def values(self, expr: str, began: float) -> list[float]:
        """All values of a query since `began`, those that are no number left out."""
        answer = self.ask("query_range", query=expr, start=began, end=time.time(),
                          step=STEP_SECONDS)
        values = [float(value) for series in answer["result"] for _, value in series["values"]]
        return [value for value in values if not math.isnan(value)]

    def has(self, selector: str) -> bool:
        return bool(self.ask("series", **{"match[]": selector}))


@contextlib.contextmanager
def running_prometheus(productd: str, locust: str, stand_in: str) -> Iterator[Prometheus]:
    """With the configuration that is shipped, but faster, and other addresses."""
    with tempfile.TemporaryDirectory(prefix="observability-") as name:
        folder = Path(name)
        settings = yaml.safe_load((DASHBOARDS / "prometheus.yml").read_text(encoding="utf-8"))
        settings["global"] = {"scrape_interval": SCRAPE_INTERVAL,
                              "evaluation_interval": SCRAPE_INTERVAL}
        settings["rule_files"] = [str(DASHBOARDS / pattern) for pattern in settings["rule_files"]]
        for scraped, address in zip(settings["scrape_configs"], (productd, locust), strict=True):
            scraped["static_configs"][0]["targets"] = [address]
        settings["scrape_configs"].append({
            "job_name": "stand-in", "honor_labels": True,
            "static_configs": [{"targets": [stand_in], "labels": {"namespace": "local"}}]})
        (folder / "prometheus.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        address = f"127.0.0.1:{free_port()}"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                ["prometheus", f"--config.file={folder / 'prometheus.yml'}",
                 f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}",
                 "--log.level=warn"], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        prometheus = Prometheus(f"http://{address}")

        def scrapes() -> bool:
            with contextlib.suppress(OSError, RuntimeError):
                return len(prometheus.ask("query", query="up == 1")["result"]) == 3
            return False

        with ended(process):
            try:
                wait_until(scrapes, process, "Prometheus scrapes")
            except RuntimeError:
                print((folder / "log").read_text(encoding="utf-8", errors="replace"))
                raise
            yield prometheus


def product(product_id: int, **changes: object) -> str:
    return json.dumps({"product_id": product_id, "sku": f"SKU-{product_id}",
                       "manufacturer": "Acme", "category_id": 1, "weight": 1,
                       "some_other_id": 1} | changes)


class Client:
    """One connection that is asked again and again; made anew when the server has closed it."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection = http.client.HTTPConnection(address, timeout=REQUEST_TIMEOUT_SECONDS)

    def ask(self, method: str, target: str, body: Optional[str] = None) -> int:
        try:
            self._connection.request(method, target, body)
            answer = self._connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            self.close()
            return 0

    def close(self) -> None:
        self._connection.close()


def read_and_write(address: str, first_id: int, until: float) -> None:
    client = Client(address)
    number = 0
    while time.monotonic() < until:
        product_id = first_id + number % 100
        number += 1
        client.ask("POST", f"/products/{product_id}/details", product(product_id))
        for _ in range(9):
            client.ask("GET", f"/products/{product_id}")
        if number % 10 == 0:
            client.ask("DELETE", f"/products/{product_id}")
            client.ask("GET", f"/products/{product_id}")
            client.ask("GET", "/products?limit=50")
        time.sleep(0.02)
    client.close()


def ask_wrongly(address: str, until: float) -> None:
    """What is answered 400, 404, 405, 413, 431, 501, and what is no HTTP at all."""
    host, _, port = address.rpartition(":")
    while time.monotonic() < until:
        client = Client(address)
        client.ask("POST", "/products/1/details", "not json")
        client.ask("POST", "/products/1/details", " " * 70000)
        client.ask("PUT", "/products/1")
        client.ask("BREW", "/products/1")
        client.ask("GET", "/" + "a" * 9000)
        client.close()
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 5) as other:
            other.sendall(b"GET /health HTTP/1.1\r\nno header field\r\n\r\n")
            other.recv(1000)
        time.sleep(0.2)


def send_batches(address: str, until: float) -> None:
    """One batch stays open while another is refused; then more connections than allowed."""
    host, _, port = address.rpartition(":")
    batch = "".join(product(10_000 + number) + "\n" for number in range(2000))
    while time.monotonic() < until:
        with socket.create_connection((host, int(port)), 5) as slow:
            slow.sendall(b"POST /products/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
            time.sleep(0.1)
            client = Client(address)
            client.ask("POST", "/products/batch", batch)
            client.close()
        client = Client(address)
        client.ask("POST", "/products/batch", batch)
        client.close()
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for _ in range(25):
                stack.enter_context(socket.create_connection((host, int(port)), 5))
            time.sleep(0.1)
        time.sleep(0.5)


def load(server: Productd) -> None:
    until = time.monotonic() + LOAD_SECONDS
    threads = [threading.Thread(target=read_and_write, args=(server.address, first, until))
               for first in (1, 1001, 2001)]
    threads += [threading.Thread(target=ask_wrongly, args=(server.address, until)),
                threading.Thread(target=send_batches, args=(server.address, until))]
    for thread in threads:
        thread.start()
    management = Client(server.management)
    while time.monotonic() < until:
        if management.ask("POST", "/admin/backup") != 200:
            raise RuntimeError("no backup was made")
        time.sleep(2)
    management.close()
    for thread in threads:
        thread.join()


class Observability(unittest.TestCase):
    server: Productd
    prometheus: Prometheus
    began: float

    @classmethod
    def setUpClass(cls) -> None:
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        # With limits that a test can reach.
        cls.server = stack.enter_context(running_productd(
            programs / "productd", "--management-listen", "127.0.0.1:0", "--storage-backup-dir",
            "backups", "--http-max-batch-streams", "1", "--http-max-connections", "20"))
        stand_in = stack.enter_context(running_stand_in())
        # Its products are none of those that are written below.
        locust = stack.enter_context(running_locust(
            "locustfile.py", "--host", f"http://{cls.server.address}", "--first-id", 1_000_000,
            "--users", 3, "--spawn-rate", 3, "--wait-min", 0.02, "--wait-max", 0.05))
        cls.prometheus = stack.enter_context(
            running_prometheus(cls.server.management, locust.address, stand_in))
        cls.began = time.time()
        load(cls.server)

    def excused(self, expr: str) -> bool:
        return any(excuse(selector.metric) for selector in promql.selectors(expr))

    def test_no_panel_is_empty(self) -> None:
        only_zero = {}
        for query in promql.panel_queries():
            with self.subTest(query.place, expr=query.expr):
                values = self.prometheus.values(promql.set_variables(query.expr), self.began)
                self.assertNotEqual(values, [], "no data")
                if not self.excused(query.expr):
                    title = query.place.partition(": ")[2]
                    only_zero[title] = only_zero.get(title, True) and not any(values)
        zero = {title for title, all_zero in only_zero.items() if all_zero}
        self.assertEqual(zero - set(NOTHING_HAPPENED), set(), "all is 0 all the time")
        self.assertEqual(set(NOTHING_HAPPENED) - set(only_zero), set(), "no such panel")

    def test_one_instance_that_is_chosen_is_shown(self) -> None:
        chosen = {"$namespace": "local", "$job": "productd",
                  "$instance": re.escape(self.server.management)}
        for query in promql.panel_queries():
            if not self.excused(query.expr):
                expr = query.expr
                for name, value in chosen.items():
                    expr = expr.replace(name, value.replace("\\", "\\\\"))
                with self.subTest(query.place, expr=expr):
                    self.assertNotEqual(
                        self.prometheus.values(promql.set_variables(expr), self.began), [])

    def test_variables_and_annotations_find_what_they_look_for(self) -> None:
        for name, board in promql.dashboards().items():
            for variable in board["templating"]["list"]:
                if variable["type"] != "query":
                    continue
                selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)",
                                               variable["query"]["query"]).groups()
                with self.subTest(f"{name}: {variable['name']}"):
                    found = self.prometheus.ask(f"label/{label}/values",
                                                **{"match[]": promql.set_variables(selector)})
                    self.assertEqual(len(found), 1)
        for query in promql.annotation_queries():
            with self.subTest(query.place):
                # Nothing restarts here; that it is understood is all that can be asked.
                self.prometheus.values(promql.set_variables(query.expr), self.began)
        deploys = [query for query in promql.annotation_queries() if "Deploys" in query.place]
        values = self.prometheus.values(promql.set_variables(deploys[0].expr), self.began)
        self.assertNotEqual(values, [], "the first start is a deploy")

    def test_every_rule_is_evaluated_and_every_record_has_data(self) -> None:
        rules = [rule for group in self.prometheus.ask("rules")["groups"]
                 for rule in group["rules"]]
        self.assertEqual(len(rules), len(promql.rules()))
        for rule in rules:
            with self.subTest(rule["name"], labels=rule["labels"]):
                self.assertEqual((rule["health"], rule.get("lastError", "")), ("ok", ""))
        for rule in promql.rules():
            if "record" in rule:
                with self.subTest(rule["record"], labels=rule["labels"]):
                    which = f'{rule["record"]}{{slo="{rule["labels"]["slo"]}"}}'
                    self.assertNotEqual(self.prometheus.values(which, self.began), [])

    def test_every_metric_and_label_that_a_rule_names_is_there(self) -> None:
        for query in promql.rule_queries():
            selectors = promql.selectors(query.expr)
            self.assertNotEqual(selectors, [], query.place)
            for selector in selectors:
                for matcher in selector.matchers:
                    # A pattern may match nothing in a good run; a value must be one of those known.
                    wanted = (f'{matcher.label}="{matcher.value}"' if matcher.operator == "="
                              else f'{matcher.label}!=""')
                    with self.subTest(query.place, series=f"{selector.metric}{{{wanted}}}"):
                        self.assertTrue(self.prometheus.has(f"{selector.metric}{{{wanted}}}"))
                for label in promql.grouping_labels(query.expr):
                    with self.subTest(query.place, series=selector.metric, label=label):
                        there = self.prometheus.has(f'{selector.metric}{{{label}!=""}}')
                        # `le` is a histogram's alone.
                        self.assertTrue(there or label == "le" and "_bucket" not in selector.metric)

    def test_every_value_in_a_pattern_of_reasons_is_known(self) -> None:
        for query in promql.rule_queries() + promql.panel_queries():
            for selector in promql.selectors(query.expr):
                for matcher in selector.matchers:
                    if matcher.label in ("reason", "outcome") and matcher.operator == "=~":
                        for value in matcher.value.split("|"):
                            series = f'{selector.metric}{{{matcher.label}="{value}"}}'
                            with self.subTest(query.place, series=series):
                                self.assertTrue(self.prometheus.has(series))

    def test_the_commands_of_the_runbook_do_what_they_say(self) -> None:
        environment = os.environ | {
            "PRODUCTD": f"http://{self.server.address}", "NAMESPACE": "shop", "POD": "productd-0",
            "MANAGEMENT": f"http://{self.server.management}",
            "PATH": f"{programs}:{os.environ['PATH']}"}
        commands = sh_commands((ROOT / "docs/runbook.md").read_text(encoding="utf-8"))
        for line, command in commands:
            # There is no cluster here: of kubectl, only the shell's grammar is checked.
            check = ["-n"] if command.startswith(("kubectl", "export")) else []
            with self.subTest(f"docs/runbook.md:{line}", command=command):
                run = subprocess.run(["bash", *check, "-eo", "pipefail", "-c", command],
                                     env=environment, cwd=self.server.folder,
                                     stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                     timeout=REQUEST_TIMEOUT_SECONDS)
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_the_load_was_what_it_should_be(self) -> None:
        for series in ('http_request_duration_seconds_count{code="503",route="/products/batch"}',
                       'http_request_duration_seconds_count{code="200",route="/products/batch"}',
                       'http_request_duration_seconds_count{code="404"}',
                       'http_request_duration_seconds_count{method="DELETE",code="204"}',
                       'productd_requests_refused_total{reason="malformed"}',
                       'productd_requests_refused_total{reason="body_too_large"}',
                       'productd_requests_refused_total{reason="batch_streams"}',
                       'productd_connections_total{outcome="refused"}',
                       "productd_backup_last_bytes"):
            with self.subTest(series):
                values = self.prometheus.values(series, self.began)
                self.assertGreater(max(values, default=0), 0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    programs = Path(sys.argv.pop(1)).resolve()
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"
    unittest.main()
