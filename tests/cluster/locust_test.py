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
    def read(self, load: Namespace, port: str, path: str, **form: object) -> str:
        """From a named port of the master's Service; what is given goes along as a form."""
        spec = load.get("service", "locust-master")["spec"]
        number = {one["name"]: one["port"] for one in spec["ports"]}[port]
        body = urllib.parse.urlencode(form).encode() if form else None
        with urllib.request.urlopen(f"http://{spec['clusterIP']}:{number}{path}", body,
                                    timeout=REQUEST_TIMEOUT_SECONDS) as answer:
            return answer.read().decode()

    def ask(self, load: Namespace, path: str, **form: object) -> dict:
        return json.loads(self.read(load, "web", path, **form))

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
                    reads = rows.get("/products/[id]", {"num_requests": 0})
                    return rows if reads["num_requests"] > 100 else {}
                rows = wait_until(loaded, "the users have seeded and read")
                self.assertEqual(rows["Aggregated"]["num_failures"], 0, rows)
                # What its ServiceMonitor has Prometheus read: all workers, added up.
                port = load.get("servicemonitor", "locust")["spec"]["endpoints"][0]["port"]
                metrics = self.read(load, port, "/metrics")
                values = dict(line.rsplit(" ", 1) for line in metrics.splitlines()
                              if not line.startswith("#"))
                self.assertEqual(values['locust_users{user_class="ProductFastHttpUser"}'],
                                 str(USERS))
                self.assertGreater(float(values[
                    'locust_response_time_seconds_count{method="GET",name="/products/[id]"}']), 0)
            except BaseException:
                print(load.kubectl("get", "pods,events", check=False),
                      load.kubectl("logs", "deployment/locust-master", check=False),
                      file=sys.stderr)
                raise
            finally:
                run("kubectl", "delete", "--kustomize", locust, "--timeout=120s", check=False)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
