#!/usr/bin/env python3
"""Builds the image of Dockerfile and runs it by runc as Kubernetes would (root).

  .venv/bin/python tests/image/image_test.py

No shell can be run in the container, its root file system is read-only, and it has no capability.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
IMAGE_TOOL = ROOT / "tools" / "image.sh"
BASE = "docker.io/library/debian:bookworm-slim"
USER = 65532
MOST_BYTES_OF_OUR_LAYERS = 30_000_000
#: Compiling everything on a busy machine.
BUILD_TIMEOUT_SECONDS = 2400
TIMEOUT_SECONDS = 60.0


def output(*command: object, **settings: Any) -> str:
    settings.setdefault("timeout", TIMEOUT_SECONDS)
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, **settings).stdout.strip()


def buildah(*arguments: object) -> str:
    return output(IMAGE_TOOL, "buildah", *arguments)


@contextlib.contextmanager
def mounted(image: str) -> Iterator[Path]:
    container = buildah("from", "--pull-never", image)
    try:
        yield Path(buildah("mount", container))
    finally:
        buildah("rm", container)


class Container:
    """A running one; ends with its block."""

    def __init__(self, bundle: Path, config: dict, command: list[str], root: Path) -> None:
        self._runc = ["runc", "--root", str(bundle / "runc")]
        self._name = f"productd-image-{os.getpid()}"
        self.environment = config["Env"]
        self.data = bundle / "data"
        self.data.mkdir()
        os.chown(self.data, USER, USER)
        output(*self._runc, "spec", cwd=bundle)
        spec = json.loads((bundle / "config.json").read_text(encoding="utf-8"))
        spec["root"] = {"path": str(root), "readonly": True}
        user, _, group = config["User"].partition(":")
        spec["process"].update(
            terminal=False, args=command, cwd=config["WorkingDir"], env=self.environment,
            user={"uid": int(user), "gid": int(group)}, capabilities={}, noNewPrivileges=True)
        # Docker and containerd leave the number of open files as it is; runc's example lowers it.
        spec["process"].pop("rlimits", None)
        spec["mounts"].append({"destination": "/var/lib/productd", "type": "bind",
                               "source": str(self.data), "options": ["bind", "rw"]})
        # Whoever would run a shell fails.
        spec["linux"]["maskedPaths"] += [f"/usr/bin/{shell}" for shell in ("sh", "dash", "bash")]
        (bundle / "config.json").write_text(json.dumps(spec), encoding="utf-8")
        self.log = bundle / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([*self._runc, "run", "--bundle", bundle, self._name],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def exec(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self._runc, "exec", self._name, *command], capture_output=True,
                              stdin=subprocess.DEVNULL, text=True, timeout=TIMEOUT_SECONDS)

    def kill(self, signal: str) -> None:
        output(*self._runc, "kill", self._name, signal)

    def end(self) -> None:
        subprocess.run([*self._runc, "delete", "--force", self._name], check=False)
        self.process.wait(TIMEOUT_SECONDS)


class Image(unittest.TestCase):
    name: str
    config: dict

    @classmethod
    def setUpClass(cls) -> None:
        cls.name = output(IMAGE_TOOL, timeout=BUILD_TIMEOUT_SECONDS)
        cls.config = json.loads(buildah("inspect", "--type", "image", cls.name))["Docker"]["config"]

    @contextlib.contextmanager
    def container(self, *arguments: str) -> Iterator[Container]:
        with mounted(self.name) as root, tempfile.TemporaryDirectory(prefix="image-") as folder:
            os.chmod(folder, 0o755)
            one = Container(Path(folder), self.config, [*self.config["Entrypoint"], *arguments],
                            root)
            try:
                yield one
            finally:
                one.end()

    def test_labels_and_tag_have_the_version_of_the_project(self) -> None:
        version = re.search(r"project\(productd VERSION (\S+)",
                            (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)
        labels = self.config["Labels"]
        self.assertEqual(self.name, f"localhost/productd:{version}")
        self.assertEqual(labels["org.opencontainers.image.version"], version)
        self.assertRegex(labels["org.opencontainers.image.revision"], r"^[0-9a-f]{12}$|^unknown$")
        self.assertEqual(labels["org.opencontainers.image.title"], "productd")

    def test_user_is_no_root_and_owns_nothing_but_the_data(self) -> None:
        self.assertEqual(self.config["User"], f"{USER}:{USER}")
        with mounted(self.name) as root:
            owned = output("find", root, "-xdev", "(", "-uid", USER, "-o", "-gid", USER, ")")
            self.assertEqual(owned, f"{root}/var/lib/productd")

    def test_our_layers_are_small(self) -> None:
        base_layers = len(json.loads(buildah("inspect", "--type", "image", BASE))
                          ["OCIv1"]["rootfs"]["diff_ids"])
        with tempfile.TemporaryDirectory(prefix="image-") as folder:
            buildah("push", "--quiet", self.name, f"docker-archive:{folder}/image.tar")
            output("tar", "-xf", f"{folder}/image.tar", "-C", folder)
            manifest = json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))
            sizes = [(Path(folder) / layer).stat().st_size for layer in manifest[0]["Layers"]]
        print(f"  layers, in bytes: base {sum(sizes[:base_layers])}, ours {sizes[base_layers:]}",
              file=sys.stderr)
        self.assertLess(sum(sizes[base_layers:]), MOST_BYTES_OF_OUR_LAYERS)

    def test_it_serves_is_healthy_and_ends_on_sigterm(self) -> None:
        with self.container() as one:
            kind, *health = self.config["Healthcheck"]["Test"]
            self.assertEqual(kind, "CMD")
            deadline = time.monotonic() + TIMEOUT_SECONDS
            while (checked := one.exec(*health)).returncode:
                self.assertIsNone(one.process.poll(), one.log.read_text(encoding="utf-8"))
                self.assertLess(time.monotonic(), deadline, checked.stderr)
                time.sleep(0.1)
            seeded = one.exec("/usr/bin/productctl", "seed", "--count", "10")
            self.assertEqual(seeded.returncode, 0, seeded.stderr)
            read = one.exec("/usr/bin/productctl", "get", "1", "--output", "json")
            self.assertEqual(json.loads(read.stdout)["product_id"], 1)
            self.assertTrue(any(one.data.iterdir()), "nothing is on the volume")
            one.kill("TERM")
            self.assertEqual(one.process.wait(TIMEOUT_SECONDS), 0,
                             one.log.read_text(encoding="utf-8"))

    def test_no_shell_can_be_run_in_the_container_above(self) -> None:
        with self.container("--storage-engine", "memory") as one:
            deadline = time.monotonic() + TIMEOUT_SECONDS
            while one.exec("/usr/bin/productctl", "health").returncode:
                self.assertLess(time.monotonic(), deadline)
            for shell in ("/bin/sh", "/usr/bin/bash"):
                self.assertNotEqual(one.exec(shell, "-c", "true").returncode, 0)

    def test_what_the_server_refuses_is_one_line_and_status_2(self) -> None:
        with self.container("--http-backlog", "none") as one:
            self.assertEqual(one.process.wait(TIMEOUT_SECONDS), 2)
            text = one.log.read_text(encoding="utf-8")
            self.assertEqual(len(text.splitlines()), 1, text)
            self.assertIn("http-backlog", text)


class Dockerfile(unittest.TestCase):
    def test_hadolint_has_nothing_to_say(self) -> None:
        done = subprocess.run([ROOT / ".venv" / "bin" / "hadolint", ROOT / "Dockerfile"],
                              capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
