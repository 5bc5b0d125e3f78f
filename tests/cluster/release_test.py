#!/usr/bin/env python3
"""The life of a Helm release in the cluster, in both modes, and what a start that fails says.

  tools/cluster.sh run .venv/bin/python tests/cluster/release_test.py
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import unittest
from collections.abc import Iterator

from cluster import (COMMAND_TIMEOUT_SECONDS, PRODUCTCTL, SETTINGS, Namespace, chart, namespace,
                     product, run, volume, wait_until)

SEED = ("--set", "seed.enabled=true", "--set", "seed.count=50")


@contextlib.contextmanager
def forwarded(one: Namespace) -> Iterator[str]:
    """The address that a port-forward to the Service gives."""
    process = subprocess.Popen(
        ["kubectl", "--namespace", one.name, "port-forward", "service/productd", ":80"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        line = process.stdout.readline()
        port = re.search(r"127\.0\.0\.1:(\d+)", line)
        if not port:
            raise AssertionError(f"port-forward: {line}{process.stdout.read()}")
        yield f"http://127.0.0.1:{port[1]}"
    finally:
        process.terminate()
        process.wait(COMMAND_TIMEOUT_SECONDS)
        process.stdout.close()


def productctl(one: Namespace, *arguments: object, **settings: object) -> str:
    with forwarded(one) as endpoint:
        return run(PRODUCTCTL, *arguments, "--endpoint", endpoint, **settings).stdout


def put(one: Namespace, number: int) -> None:
    productctl(one, "put", "--file", "-", input=json.dumps(product(number)))


def has(one: Namespace, number: int) -> bool:
    return json.loads(productctl(one, "get", number, "--output", "json"))["product_id"] == number


def log_level(one: Namespace) -> str:
    return one.get("configmap", "productd")["data"]["productd.yaml"].partition("level: ")[2].split(
        "\n")[0]


class Release(unittest.TestCase):
    def check_life(self, one: Namespace, *settings: object, stored: bool) -> None:
        one.install(*settings, *SEED)
        self.assertEqual(one.get("job", "productd-seed")["status"]["succeeded"], 1)
        self.assertTrue(has(one, 50))
        self.assertEqual(len(one.get("networkpolicy")["items"]), 2)
        self.assertIn("Succeeded", one.helm("test", "productd", "--logs").stdout)

        put(one, 1001)
        first = one.pod_ids()
        one.kubectl("delete", "pod", "--selector", "app.kubernetes.io/component=server",
                    "--timeout=120s")
        self.wait_for_another_pod(one, first)
        if stored:
            self.assertTrue(has(one, 1001), "after a deleted pod")

        second = one.pod_ids()
        one.install(*settings, *SEED, "--set", "config.log.level=debug", upgrade=True)
        self.assertEqual(log_level(one), "debug")
        self.wait_for_another_pod(one, second)
        if stored:
            self.assertTrue(has(one, 1001), "after an upgrade")
        self.assertTrue(has(one, 1), "the seed comes again where it is lost")

        third = one.pod_ids()
        one.helm("rollback", "productd", "--wait", "--timeout", "180s")
        self.assertNotEqual(log_level(one), "debug")
        self.wait_for_another_pod(one, third)
        if stored:
            self.assertTrue(has(one, 1001), "after a rollback")

        one.helm("uninstall", "productd", "--wait", "--timeout", "180s")
        claims = [item["metadata"]["name"] for item in one.get("pvc")["items"]]
        self.assertEqual(claims, ["data-productd-0"] if stored else [])
        if stored:
            one.install(*settings)
            self.assertTrue(has(one, 1001), "after an uninstall")

    def wait_for_another_pod(self, one: Namespace, before: set[str]) -> None:
        def ready() -> bool:
            pods = one.pods()
            return len(pods) == 1 and not one.pod_ids() & before and any(
                condition["type"] == "Ready" and condition["status"] == "True"
                for condition in pods[0]["status"].get("conditions", []))
        wait_until(ready, "another pod is ready")

    def test_in_mode_memory(self) -> None:
        with namespace("memory") as one:
            self.check_life(one, "--set", "mode=memory", stored=False)

    def test_in_mode_lmdb_keeps_what_was_acknowledged(self) -> None:
        with volume("lmdb") as storage_class, namespace("lmdb") as one:
            self.check_life(one, "--set", f"persistence.storageClass={storage_class}", stored=True)


class BadInput(unittest.TestCase):
    """Without --wait: what is installed cannot become ready."""

    def start(self, one: Namespace, *settings: object) -> None:
        one.helm("install", "productd", chart.CHART, *SETTINGS, *settings)

    def container(self, one: Namespace) -> dict:
        pods = one.pods()
        statuses = pods[0]["status"].get("containerStatuses") if pods else None
        return statuses[0] if statuses else {}

    def test_a_missing_secret_is_named_and_its_coming_is_the_cure(self) -> None:
        with namespace("missing-secret") as one:
            self.start(one, "--set", "mode=memory", "--set", "existingSecret=settings")

            def waiting() -> str:
                state = self.container(one).get("state", {}).get("waiting", {})
                return state.get("message", "") if "Error" in state.get("reason", "") else ""
            self.assertIn('secret "settings" not found', wait_until(waiting, "the pod says why"))
            one.kubectl("create", "secret", "generic", "settings",
                        "--from-literal=PRODUCTD_LOG_LEVEL=debug")
            one.kubectl("rollout", "status", "deployment/productd", "--timeout=120s")

    def test_a_storage_class_that_is_not_there_is_named(self) -> None:
        with namespace("missing-class") as one:
            self.start(one, "--set", "persistence.storageClass=absent")
            wait_until(lambda: 'storageclass.storage.k8s.io "absent" not found' in one.events(),
                       "an event names the class")

    def test_a_setting_that_the_server_refuses_is_one_line_and_the_message(self) -> None:
        with namespace("refused-setting") as one:
            self.start(one, "--set", "mode=memory", "--set-json",
                       'extraEnv=[{"name": "PRODUCTD_HTTP_BACKLOG", "value": "none"}]')

            def ended() -> dict:
                one_status = self.container(one)
                return (one_status.get("lastState", {}).get("terminated")
                        or one_status.get("state", {}).get("terminated"))
            state = wait_until(ended, "the container ended")
            self.assertEqual(state["exitCode"], 2)
            self.assertIn("PRODUCTD_HTTP_BACKLOG", state["message"])
            self.assertEqual(len(state["message"].splitlines()), 1, state["message"])
            log = one.kubectl("logs", "--selector", "app.kubernetes.io/component=server")
            self.assertEqual(log.strip(), state["message"].strip())

    def test_a_configuration_that_the_schema_refuses_installs_nothing(self) -> None:
        with namespace("refused-value") as one:
            with self.assertRaisesRegex(AssertionError, "backlog"):
                self.start(one, "--set", "config.http.backlog=none")
            self.assertEqual(one.get("deployment,statefulset,service")["items"], [])

    def test_pod_security_is_enforced_here(self) -> None:
        """Or the other tests would show nothing about it."""
        with namespace("restricted") as one:
            with self.assertRaisesRegex(AssertionError, "violates PodSecurity"):
                one.kubectl("run", "plain", "--image=localhost/pause:1")


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
