#!/usr/bin/env python3
"""Holds tools/cluster.sh to leaving nothing behind, whatever has happened to the cluster (root).

  .venv/bin/python tests/cluster/outside/cluster_life_test.py

Ends with no cluster. Refuses to begin with one, for it could be somebody's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[3] / "tools" / "cluster.sh"
STATE = Path("/var/tmp/productd-cluster")
TIMEOUT_SECONDS = 300


def cluster(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TOOL, *arguments], capture_output=True, stdin=subprocess.DEVNULL,
                          text=True, timeout=TIMEOUT_SECONDS)


def processes() -> dict[int, str]:
    """By number, those whose command names the state or that a node's group holds."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            groups = (entry / "cgroup").read_text(encoding="utf-8")
            directory = os.readlink(entry / "cwd")
        except OSError:
            continue
        if "/productd-cluster/" in groups or directory == str(STATE):
            found[int(entry.name)] = command
    return found


def leftovers() -> list[str]:
    mounts = [line for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
              if "productd-cluster" in line or "/run/netns/node" in line]
    groups = [str(path) for pattern in ("productd-cluster", "*/productd-cluster")
              for path in Path("/sys/fs/cgroup").glob(pattern)]
    return [*mounts, *groups, *map(str, processes().values()), *([str(STATE)] if STATE.exists()
                                                                 else [])]


class ClusterLife(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        if leftovers():
            raise RuntimeError(f"there is a cluster: tools/cluster.sh down ends it: {leftovers()}")

    def tearDown(self) -> None:
        cluster("down")

    def test_without_one_it_says_so_and_down_does_nothing(self) -> None:
        done = cluster("run", "true")
        self.assertEqual(done.returncode, 1)
        self.assertIn("none is running", done.stderr)
        self.assertEqual(cluster("down").returncode, 0)

    def test_after_a_crash_it_is_ended_without_a_trace_and_can_start_again(self) -> None:
        up = cluster("up")
        self.assertEqual(up.returncode, 0, up.stderr)
        self.assertTrue(Path("/proc/self/ns/net").exists())
        second = cluster("up")
        self.assertEqual(second.returncode, 1)
        self.assertIn("one is running", second.stderr)
        nodes = cluster("run", "kubectl", "get", "nodes", "--output", "name")
        self.assertEqual(nodes.stdout.split(), ["node/node1", "node/node2"])

        servers = [number for number, command in processes().items()
                   if "kube-apiserver " in command and "nsenter" not in command]
        self.assertEqual(len(servers), 1)
        os.kill(servers[0], signal.SIGKILL)
        self.assertEqual(cluster("down").returncode, 0)
        self.assertEqual(leftovers(), [])
        again = cluster("up")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(cluster("down").returncode, 0)
        self.assertEqual(leftovers(), [])


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
