#!/usr/bin/env python3
"""Read-only replicas under load, in the cluster: what Kubernetes does to them fails no request.

  tools/cluster.sh run .venv/bin/python tests/cluster/rollout_test.py
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import unittest
from pathlib import Path

from cluster import Namespace, catalogue, namespace, run, wait_until

PRODUCTS = 100
REPLICAS = 3
#: As docs/kubernetes.md has it for a fixed catalogue.
SETTINGS = ("--set", "mode=memory", "--set", "config.http.read_only=true",
            "--set", "catalogue.configMap.name=products",
            "--set", "catalogue.configMap.key=products.ndjson")


def process_in(pod: str) -> int:
    """The number of its productd; the tests are in the PID namespace of the cluster."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (pod in (entry / "cgroup").read_text(encoding="utf-8")
                    and (entry / "comm").read_text(encoding="utf-8") == "productd\n"):
                return int(entry.name)
    raise AssertionError(f"no productd in pod {pod}")


class Rollout(unittest.TestCase):
    one: Namespace

    @classmethod
    def setUpClass(cls) -> None:
        cls.one = cls.enterClassContext(namespace("rollout"))
        cls.one.apply(catalogue(PRODUCTS))
        cls.one.install(*SETTINGS, "--set", f"replicas={REPLICAS}")

    def setUp(self) -> None:
        self.assert_ready(REPLICAS)

    def assert_ready(self, replicas: int) -> None:
        wait_until(lambda: self.ready() == replicas and len(self.one.pods()) == replicas,
                   f"{replicas} pods are ready")

    def ready(self) -> int:
        return self.one.get("deployment", "productd")["status"].get("readyReplicas", 0)

    def assert_nothing_failed(self, report: dict) -> None:
        self.assertEqual(report["failures"], {})
        self.assertGreater(report["requests"], 1000)

    def test_a_rolling_update_fails_no_request(self) -> None:
        before = self.one.pod_ids()
        with self.one.loaded(PRODUCTS) as report:
            self.one.install(*SETTINGS, "--set", f"replicas={REPLICAS}",
                             "--set", "config.log.level=debug", upgrade=True)
            self.one.kubectl("rollout", "status", "deployment/productd", "--timeout=120s")
            self.wait_for_the_end_of(before)
        self.assertEqual(before & self.one.pod_ids(), set(), "a changed config rolls every pod")
        self.assert_nothing_failed(report)

    def wait_for_the_end_of(self, pods: set[str]) -> None:
        def present() -> set[str]:
            return {item["metadata"]["uid"] for item in self.one.get("pods")["items"]}
        wait_until(lambda: not pods & present(), "the old pods are gone")

    def test_scaling_down_fails_no_request(self) -> None:
        before = self.one.pod_ids()
        with self.one.loaded(PRODUCTS) as report:
            self.one.kubectl("scale", "deployment/productd", "--replicas=1")
            wait_until(lambda: len(self.one.pods()) == 1, "one pod is left")
            self.wait_for_the_end_of(before - self.one.pod_ids())
        self.one.kubectl("scale", "deployment/productd", f"--replicas={REPLICAS}")
        self.assert_nothing_failed(report)

    def test_a_node_drain_fails_no_request(self) -> None:
        node = self.one.pods()[0]["spec"]["nodeName"]
        moved = {pod["metadata"]["uid"] for pod in self.one.pods()
                 if pod["spec"]["nodeName"] == node}
        try:
            with self.one.loaded(PRODUCTS) as report:
                run("kubectl", "drain", node, "--ignore-daemonsets", "--timeout=180s")
                self.wait_for_the_end_of(moved)
                self.assert_ready(REPLICAS)
                self.assertNotIn(node, {pod["spec"]["nodeName"] for pod in self.one.pods()})
        finally:
            run("kubectl", "uncordon", node)
        self.assert_nothing_failed(report)

    def test_a_killed_server_fails_only_what_it_was_doing(self) -> None:
        """Who is killed says nothing to anybody: its connections break, and new ones are refused
        until it is started again."""
        victim = self.one.pods()[0]["metadata"]

        def restarts() -> int:
            return self.one.get("pod", victim["name"])["status"]["containerStatuses"][0][
                "restartCount"]
        with self.one.loaded(PRODUCTS) as report:
            os.kill(process_in(victim["uid"]), signal.SIGKILL)
            wait_until(lambda: restarts() == 1, "it is started again")
            self.assert_ready(REPLICAS)
        self.assertGreater(report["requests"], 1000)
        self.assertLess(sum(report["failures"].values()), report["requests"] / 10)
        # The others go on all the time.
        self.assertLess(report["longest_gap_seconds"], 2)
        with self.one.loaded(PRODUCTS) as afterwards:
            pass
        self.assertEqual(afterwards["failures"], {})


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
