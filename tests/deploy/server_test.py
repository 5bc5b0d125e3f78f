#!/usr/bin/env python3
"""Holds the chart to the programs it runs: ports, probes, settings, commands, versions, metrics.

  .venv/bin/python tests/deploy/server_test.py build/release/bin

The argument is the directory of productd and productctl. What the chart renders is taken apart, and
the programs are run with it on free ports of the loopback interface.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

import chart
from chart import BASE, CHART, ROOT, VALUES, objects, render

sys.path.insert(0, str(ROOT / "tests" / "tools"))

import promql  # noqa: E402  (needs the path)

START_TIMEOUT_SECONDS = 30.0
REQUEST_TIMEOUT_SECONDS = 10.0
COMMAND_TIMEOUT_SECONDS = 60.0
#: Of other programs, made by rules, or known to productd only in a container with a CPU limit.
NOT_SCRAPED_HERE = re.compile(
    r"^(kubelet_|node_|kube_|container_|ALERTS$|locust_|job:|up$|productd_cpu_)")

programs = ROOT / "build" / "release" / "bin"


def run(program: str, *arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([programs / program, *map(str, arguments)], capture_output=True,
                          stdin=subprocess.DEVNULL, text=True, timeout=COMMAND_TIMEOUT_SECONDS,
                          **settings)


def print_config() -> dict:
    return yaml.safe_load(run("productd", "--print-config", check=True).stdout)


def config_of(text: str) -> str:
    return next(item["data"]["productd.yaml"] for item in objects(text)
                if item["kind"] == "ConfigMap" and "productd.yaml" in item["data"])


def workload_of(text: str) -> dict:
    return next(item for item in objects(text) if item["kind"] in ("StatefulSet", "Deployment"))


def container_of(text: str) -> dict:
    return workload_of(text)["spec"]["template"]["spec"]["containers"][0]


class Server(NamedTuple):
    http: str
    management: str
    process: subprocess.Popen


def ask(address: str, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}{path}",
                                    timeout=REQUEST_TIMEOUT_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextlib.contextmanager
def running(text: str) -> Iterator[Server]:
    """What the rendered container runs, with other addresses and directories."""
    container = container_of(text)
    with tempfile.TemporaryDirectory(prefix="deploy-") as name:
        folder = Path(name)
        (folder / "productd.yaml").write_text(config_of(text), encoding="utf-8")
        arguments = [str(folder / "productd.yaml") if argument == "/etc/productd/productd.yaml"
                     else argument for argument in container["args"]]
        ready = folder / "ready"
        process = subprocess.Popen(
            [programs / Path(container["command"][0]).name, *arguments,
             "--http-listen", "127.0.0.1:0", "--management-listen", "127.0.0.1:0",
             "--data-dir", folder / "data", "--storage-backup-dir", folder / "backup",
             "--ready-file", ready], cwd=folder, stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            (folder / "backup").mkdir()
            deadline = time.monotonic() + START_TIMEOUT_SECONDS
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("productd is not ready in time, or ended")
                time.sleep(0.02)
            http, management = ready.read_text(encoding="utf-8").split()
            yield Server(http, management, process)
        finally:
            process.kill()
            process.wait()


class Settings(unittest.TestCase):
    def test_of_every_value_file_are_accepted_by_the_server(self) -> None:
        for path in chart.value_files():
            with self.subTest(path.name), tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                text = render(path)
                file.write(config_of(text))
                file.flush()
                environment = {entry["name"]: entry["value"]
                               for entry in container_of(text).get("env", []) if "value" in entry}
                checked = run("productd", "--check-config", "--config", file.name,
                              env={**os.environ, **environment})
                self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_of_the_schema_are_those_of_the_server_with_the_same_ranges(self) -> None:
        """The commented sample is itself held to the server by another test."""
        schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
        properties = schema["properties"]["config"]["properties"]
        flat = {}
        for name, value in properties.items():
            flat.update({f"{name}.{key}": rule for key, rule in value["properties"].items()}
                        if "properties" in value else {name: value})
        sample = (ROOT / "packaging" / "productd.yaml").read_text(encoding="utf-8")
        section, comment, wanted = "", "", {}
        for line in sample.splitlines():
            if line.lstrip().startswith("#"):
                comment += line.strip(" #") + " "
                continue
            match = re.match(r"( *)(\w+):(.*)", line)
            if match and not match[3].strip():
                section = match[2]
            elif match:
                wanted[f"{section}.{match[2]}" if match[1] else match[2]] = comment
            comment = ""
        self.assertEqual(set(flat), set(wanted))
        self.assertEqual(set(flat), {
            f"{name}.{key}" if isinstance(value, dict) else name
            for name, value in print_config().items()
            for key in (value if isinstance(value, dict) else [None])})
        for key, text in wanted.items():
            with self.subTest(key):
                numbers = re.search(r"whole number from (\d+) to (\d+)", text)
                if numbers:
                    self.assertEqual((flat[key]["minimum"], flat[key]["maximum"]),
                                     (int(numbers[1]), int(numbers[2])))
                elif "true or false" in text:
                    self.assertEqual(flat[key], {"type": "boolean"})
                for choice in flat[key].get("enum", []):
                    self.assertRegex(text, rf"Must be [^.]*\b{choice}\b")

    def test_modes_are_engines_of_the_server(self) -> None:
        schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
        for mode in schema["properties"]["mode"]["enum"]:
            checked = run("productd", "--check-config", "--storage-engine", mode)
            self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_grace_period_rests_on_the_servers_own_drain(self) -> None:
        pod = workload_of(render(VALUES / "lmdb-defaults.yaml"))["spec"]["template"]["spec"]
        drain = print_config()["drain"]["timeout_ms"] / 1000
        sleep = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        self.assertGreater(pod["terminationGracePeriodSeconds"], sleep + drain)

    def test_a_configuration_that_the_server_refuses_is_one_line_and_a_failure(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(config_of(render(VALUES / "memory.yaml")) + "colour: red\n")
            file.flush()
            refused = run("productd", "--config", file.name)
        self.assertEqual(refused.returncode, 2)
        self.assertEqual(len(refused.stderr.splitlines()), 1, refused.stderr)
        self.assertIn("colour", refused.stderr)

    def test_service_links_would_not_stop_a_server(self) -> None:
        """They are off in the chart; an init system may set such variables all the same."""
        checked = run("productd", "--check-config",
                      env={**os.environ, "PRODUCTD_PORT": "tcp://10.0.0.1:80"})
        self.assertEqual(checked.returncode, 0, checked.stderr)


class Programs(unittest.TestCase):
    def test_ports_and_probes_are_those_of_the_server(self) -> None:
        text = render(VALUES / "lmdb-defaults.yaml")
        container = container_of(text)
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        config = yaml.safe_load(config_of(text))
        self.assertEqual(config["http"]["listen"], f"0.0.0.0:{ports['http']}")
        self.assertEqual(config["management"]["listen"], f"0.0.0.0:{ports['management']}")
        with running(text) as server:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                with self.subTest(probe):
                    self.assertEqual(container[probe]["httpGet"]["port"], "management")
                    path = container[probe]["httpGet"]["path"]
                    self.assertEqual(ask(server.management, path)[0], 200)
                    self.assertEqual(ask(server.http, path)[0], 404)
            self.assertEqual(ask(server.http, "/metrics")[0], 404)
            self.assertEqual(ask(server.http, "/products?limit=1")[0], 200)
            # The end: out of the endpoints at once, and not killed for it.
            server.process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + START_TIMEOUT_SECONDS
            while ask(server.management, container["readinessProbe"]["httpGet"]["path"])[0] != 503:
                self.assertLess(time.monotonic(), deadline, "readiness does not end")
            self.assertEqual(
                ask(server.management, container["livenessProbe"]["httpGet"]["path"])[0], 200)
            self.assertEqual(server.process.wait(START_TIMEOUT_SECONDS), 0)

    def test_commands_of_the_jobs_do_what_they_are_for(self) -> None:
        text = render(VALUES / "lmdb-everything.yaml", "--set", "seed.count=50")
        pods = {item["metadata"]["name"]: item for item in objects(text)}
        seed = pods["catalogue-seed"]["spec"]["template"]["spec"]
        test = pods["catalogue-test"]["spec"]
        backup = pods["catalogue-backup"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        with running(render(VALUES / "lmdb-defaults.yaml")) as server:
            for pod in (test, seed, seed, test, backup):
                for container in pod.get("initContainers", []) + pod["containers"]:
                    with self.subTest(" ".join(container["args"])):
                        names = {entry["name"] for entry in container["env"]}
                        self.assertEqual(names, {"PRODUCTCTL_ENDPOINT",
                                                 "PRODUCTCTL_MANAGEMENT_ENDPOINT"})
                        done = run(Path(container["command"][0]).name, *container["args"], env={
                            **os.environ, "PRODUCTCTL_ENDPOINT": f"http://{server.http}",
                            "PRODUCTCTL_MANAGEMENT_ENDPOINT": f"http://{server.management}"})
                        self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("\nproductd_products 50\n", ask(server.management, "/metrics")[1])

    def test_every_metric_of_dashboards_rules_and_autoscaler_is_scraped(self) -> None:
        adapter = yaml.safe_load((ROOT / "k8s/monitoring/values-prometheus-adapter.yaml").read_text(
            encoding="utf-8"))["rules"]["custom"]
        values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
        self.assertEqual([rule["name"]["as"] for rule in adapter],
                         [values["autoscaling"]["requestsPerSecond"]["metric"]])
        queries = [query.expr for query in promql.panel_queries() + promql.rule_queries()]
        queries += [rule["seriesQuery"] for rule in adapter]
        named = {selector.metric for expr in queries for selector in promql.selectors(expr)}
        named = {name for name in named if not NOT_SCRAPED_HERE.match(name)}
        self.assertGreater(len(named), 20)
        with running(render(VALUES / "lmdb-defaults.yaml")) as server:
            run("productctl", "seed", "--count", "3", "--endpoint", f"http://{server.http}",
                check=True)
            ask(server.http, "/products/1")
            missing = named
            # A worker's lag is there from its first tick on.
            deadline = time.monotonic() + START_TIMEOUT_SECONDS
            while missing and time.monotonic() < deadline:
                scrape = ask(server.management, "/metrics")[1]
                missing = named - set(re.findall(r"^([a-zA-Z_:][\w:]*)[{ ]", scrape, re.MULTILINE))
        self.assertEqual(sorted(missing), [])


class Versions(unittest.TestCase):
    def test_are_the_same_everywhere(self) -> None:
        project = re.search(r"project\(productd VERSION (\S+)",
                            (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)
        facts = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
        text = render(VALUES / "lmdb-defaults.yaml")
        base = next(item for item in objects((BASE / "objects.yaml").read_text(encoding="utf-8"))
                    if item["kind"] == "StatefulSet")
        production = yaml.safe_load((ROOT / "k8s/overlays/production/kustomization.yaml").read_text(
            encoding="utf-8"))
        with running(text) as server:
            metric = re.search(r'^productd_build_info\{.*version="([^"]*)"',
                               ask(server.management, "/metrics")[1], re.MULTILINE).group(1)
        versions = {
            "CMakeLists.txt": project,
            "Chart.yaml version": facts["version"],
            "Chart.yaml appVersion": facts["appVersion"],
            "image of the chart": container_of(text)["image"].rpartition(":")[2],
            "image of k8s/base": base["spec"]["template"]["spec"]["containers"][0]["image"]
            .rpartition(":")[2],
            "image of k8s/overlays/production": production["images"][0]["newTag"],
            "productd --version": run("productd", "--version").stdout.split()[1],
            "productctl --version": run("productctl", "--version").stdout.split()[1],
            "productd_build_info": metric,
        }
        self.assertEqual({place: version for place, version in versions.items()
                          if version != project}, {})


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        programs = Path(sys.argv.pop(1)).resolve()
    sys.exit(unittest.main())
