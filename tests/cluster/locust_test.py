#!/usr/bin/env python3
"""Locust in pods, as docs/kubernetes.md has it, loads productd in the cluster.

  tools/cluster.sh run .venv/bin/python tests/cluster/locust_test.py

The image is that of tests/cluster/locust: the same Locust, made without a registry.
"""

from __future__ import annotations

import json
import sys
import unittest
import urllib.parse
import urllib.request

from cluster import ROOT, Namespace, namespace, run, wait_until
from monitoring_test import define_kinds

REQUEST_TIMEOUT_SECONDS = 10.0
USERS = 20


class LocustInPods(unittest.TestCase):
    def ask(self, load: Namespace, path: str, **form: object) -> dict:
        address = load.get("service", "locust-master")["spec"]["clusterIP"]
        body = urllib.parse.urlencode(form).encode() if form else None
        with urllib.request.urlopen(f"http://{address}:8089{path}", body,
                                    timeout=REQUEST_TIMEOUT_SECONDS) as answer:
            return json.load(answer)

    def test_loads_the_server_and_nothing_fails(self) -> None:
        define_kinds()
        locust = ROOT / "k8s" / "monitoring" / "locust"
        load = Namespace("productd-load")
        with namespace("productd") as server:
            server.install("--set", "mode=memory")
            try:
                run("kubectl", "apply", "--kustomize", locust)
                files = load.kubectl("create", "configmap", "locust-files",
                                     f"--from-file={ROOT / 'loadtest'}", "--dry-run=client",
                                     "--output", "yaml")
                load.kubectl("apply", "--server-side", "--filename", "-", input=files)
                for name in ("locust-master", "locust-worker"):
                    load.kubectl("rollout", "status", f"deployment/{name}", "--timeout=120s")
                wait_until(lambda: len(self.ask(load, "/stats/requests")["workers"]) == 2,
                           "two workers are with the master")
                self.ask(load, "/swarm", user_count=USERS, spawn_rate=USERS)

                def loaded() -> dict:
                    total = self.ask(load, "/stats/requests")
                    rows = {row["name"]: row for row in total["stats"]}
                    return rows if rows["Aggregated"]["num_requests"] > 2500 else {}
                rows = wait_until(loaded, "2500 requests")
                self.assertEqual(rows["Aggregated"]["num_failures"], 0, rows)
                self.assertGreater(rows["/products/[id]"]["num_requests"], 0)
            except BaseException:
                print(load.kubectl("get", "pods,events", check=False),
                      load.kubectl("logs", "deployment/locust-master", check=False),
                      file=sys.stderr)
                raise
            finally:
                run("kubectl", "delete", "--kustomize", locust, "--timeout=120s", check=False)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
