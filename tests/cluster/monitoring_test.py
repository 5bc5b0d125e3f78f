#!/usr/bin/env python3
"""Prometheus scrapes what the chart's ServiceMonitor names, in the cluster, and every panel of
dashboards/ has data.

  tools/cluster.sh run .venv/bin/python tests/cluster/monitoring_test.py

There is no Prometheus operator here: its kinds are defined without a schema, and what it would make
of a ServiceMonitor is made here. Their schemas are held to by tests/deploy.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from cluster import Namespace, chart, namespace, run, volume, wait_until

import observability_test
import promql
import yaml
from observability_test import Prometheus
from processes import ended, free_port

KINDS = {"servicemonitors": "ServiceMonitor", "podmonitors": "PodMonitor",
         "prometheusrules": "PrometheusRule"}
SETTINGS = ("--set", "metrics.serviceMonitor.enabled=true",
            "--set", "metrics.serviceMonitor.interval=1s",
            "--set", "metrics.serviceMonitor.scrapeTimeout=1s",
            "--set", "metrics.prometheusRule.enabled=true",
            "--set", "metrics.dashboards.enabled=true",
            # So that one batch is refused, and the panel of refusals has something to show.
            "--set", "config.http.max_batch_streams=1",
            "--set", "backup.enabled=true", "--set", "seed.enabled=true")


def define_kinds() -> None:
    """Of the operator; any content is taken."""
    items = []
    for plural, kind in KINDS.items():
        items.append({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.monitoring.coreos.com"},
            "spec": {"group": "monitoring.coreos.com", "scope": "Namespaced",
                     "names": {"plural": plural, "kind": kind, "singular": kind.lower()},
                     "versions": [{"name": "v1", "served": True, "storage": True, "schema": {
                         "openAPIV3Schema": {"type": "object",
                                             "x-kubernetes-preserve-unknown-fields": True}}}]}})
    run("kubectl", "apply", "--filename", "-",
        input=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    run("kubectl", "wait", "--for=condition=Established", "--timeout=60s",
        *(f"crd/{plural}.monitoring.coreos.com" for plural in KINDS))


def scrape_configs(one: Namespace) -> list[dict]:
    """What the operator and Prometheus make of the ServiceMonitors, which select by matchLabels in
    their own namespace. The addresses are those of now: Debian's Prometheus asks no Kubernetes."""
    configs = []
    for monitor in one.get("servicemonitor")["items"]:
        labels = monitor["spec"]["selector"]["matchLabels"].items()
        selector = ",".join(f"{label}={value}" for label, value in labels)
        services = [service["metadata"]["name"]
                    for service in one.get("service", "--selector", selector)["items"]]
        for number, endpoint in enumerate(monitor["spec"]["endpoints"]):
            targets = [target for service in services
                       for target in targets_of(one, service, endpoint["port"])]
            configs.append({
                "job_name": f"serviceMonitor/{monitor['metadata']['name']}/{number}",
                "scrape_interval": endpoint["interval"],
                "scrape_timeout": endpoint["scrapeTimeout"], "metrics_path": endpoint["path"],
                "static_configs": targets,
                "relabel_configs": [
                    {"target_label": rule["targetLabel"], "replacement": rule["replacement"]}
                    for rule in endpoint.get("relabelings", [])]})
    return configs


def targets_of(one: Namespace, service: str, port_name: str) -> list[dict]:
    """Every pod behind that port, with the labels that the operator gives it."""
    slices = one.get("endpointslice", "--selector", f"kubernetes.io/service-name={service}")
    return [{"targets": [f"{address}:{port['port']}"],
             "labels": {"job": service, "service": service, "namespace": one.name,
                        "pod": endpoint["targetRef"]["name"], "container": "productd"}}
            for one_slice in slices["items"] for port in one_slice["ports"]
            if port["name"] == port_name
            for endpoint in one_slice["endpoints"] for address in endpoint["addresses"]]


@contextlib.contextmanager
def running_prometheus(one: Namespace) -> Iterator[Prometheus]:
    """With scrapes and rules as the objects in the cluster say."""
    with tempfile.TemporaryDirectory(prefix="monitoring-") as name:
        folder = Path(name)
        settings = {"global": {"evaluation_interval": "1s"}, "rule_files": [f"{folder}/rules-*"],
                    "scrape_configs": scrape_configs(one)}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        for number, rule in enumerate(one.get("prometheusrule")["items"]):
            (folder / f"rules-{number}").write_text(
                yaml.safe_dump({"groups": rule["spec"]["groups"]}), encoding="utf-8")
        address = f"127.0.0.1:{free_port()}"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                ["prometheus", f"--config.file={folder / 'prometheus.yml'}",
                 f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}",
                 "--log.level=warn"], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        prometheus = Prometheus(f"http://{address}")

        def scrapes() -> bool:
            with contextlib.suppress(OSError, RuntimeError):
                return bool(prometheus.ask("query", query="up == 1")["result"])
            return False

        with ended(process):
            try:
                wait_until(scrapes, "Prometheus scrapes")
            except AssertionError:
                print((folder / "log").read_text(encoding="utf-8"), file=sys.stderr)
                raise
            yield prometheus


class Monitoring(unittest.TestCase):
    one: Namespace
    prometheus: Prometheus
    began: float

    @classmethod
    def setUpClass(cls) -> None:
        define_kinds()
        data = cls.enterClassContext(volume("monitored-data"))
        backup = cls.enterClassContext(volume("monitored-backup"))
        cls.one = cls.enterClassContext(namespace("monitored"))
        cls.one.install(*SETTINGS, "--set", f"persistence.storageClass={data}",
                        "--set", f"backup.storageClass={backup}")
        cls.prometheus = cls.enterClassContext(running_prometheus(cls.one))
        cls.began = time.time()
        address = cls.one.service_url().removeprefix("http://") + ":80"
        management = cls.one.pods()[0]["status"]["podIP"] + ":9090"
        # What happens to the server of that test happens to this one.
        observability_test.load(SimpleNamespace(address=address, management=management))

    def test_the_target_has_the_labels_that_dashboards_choose_by(self) -> None:
        targets = self.prometheus.ask("targets")["activeTargets"]
        self.assertEqual([(target["health"], target["labels"]["job"], target["labels"]["pod"],
                           target["labels"]["namespace"]) for target in targets],
                         [("up", "productd", "productd-0", "monitored")])

    def test_every_panel_has_data(self) -> None:
        for query in promql.panel_queries():
            # Locust's are looked at where it runs.
            if any(observability_test.excuse(selector.metric)
                   or selector.metric.startswith("locust_")
                   for selector in promql.selectors(query.expr)):
                continue
            with self.subTest(query.place, expr=query.expr):
                self.assertNotEqual(self.prometheus.values(
                    promql.set_variables(query.expr), self.began), [], "no data")

    def test_rules_of_the_cluster_are_healthy_and_complete(self) -> None:
        groups = self.prometheus.ask("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        self.assertEqual([rule["name"] for rule in rules if rule["health"] == "err"], [])
        files = [yaml.safe_load(path.read_text(encoding="utf-8"))
                 for path in (chart.CHART / "files" / "rules").glob("*.yaml")]
        self.assertEqual(len(rules), sum(len(group["rules"]) for file in files
                                         for group in file["groups"]))

    def test_dashboards_are_config_maps_that_the_sidecar_selects(self) -> None:
        found = self.one.get("configmap", "--selector", "grafana_dashboard=1")["items"]
        titles = {json.loads(text)["title"] for item in found for text in item["data"].values()}
        self.assertEqual(titles, {board["title"] for board in promql.dashboards().values()})


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
