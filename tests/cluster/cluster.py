"""The cluster of tools/cluster.sh as the tests here see it; they run inside of it."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "deploy"))
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import chart  # noqa: E402  (needs the path)

STATE = Path("/var/tmp/productd-cluster")
COMMAND_TIMEOUT_SECONDS = 240
WAIT_SECONDS = 120.0
LOAD = Path(__file__).with_name("load.py")
PRODUCTCTL = ROOT / "build" / "release" / "bin" / "productctl"

#: Of every release here: the image at hand, and less of it than a node of two processors has.
SETTINGS = ("--set", "image.repository=localhost/productd", "--set", "resources.requests.cpu=50m",
            "--set", "resources.requests.memory=128Mi", "--set", "resources.limits.memory=256Mi")


def run(*command: object, check: bool = True, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Fails with what the command said."""
    if "input" not in settings:
        settings["stdin"] = subprocess.DEVNULL
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=COMMAND_TIMEOUT_SECONDS, **settings)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done


def wait_until(true: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> Any:
    """The first result that is not empty."""
    deadline = time.monotonic() + seconds
    while not (result := true()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {seconds:g} s: {what}")
        time.sleep(0.2)
    return result


class Namespace:
    """One of the cluster, under Pod Security restricted; all calls are about it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def kubectl(self, *arguments: object, **settings: Any) -> str:
        return run("kubectl", "--namespace", self.name, *arguments, **settings).stdout

    def helm(self, *arguments: object, **settings: Any) -> subprocess.CompletedProcess[str]:
        return run(chart.tools()["helm"], "--namespace", self.name, *arguments, **settings)

    def install(self, *settings: object, upgrade: bool = False) -> None:
        """Release productd, and waits until it is there."""
        self.helm("upgrade" if upgrade else "install", "productd", chart.CHART, "--wait",
                  "--timeout", "180s", *SETTINGS, *settings)

    def get(self, *arguments: object) -> Any:
        return json.loads(self.kubectl("get", *arguments, "--output", "json"))

    def pods(self) -> list[dict]:
        """Those of the server that are not about to end."""
        items = self.get("pods", "--selector", "app.kubernetes.io/component=server")["items"]
        return [item for item in items if "deletionTimestamp" not in item["metadata"]]

    def pod_ids(self) -> set[str]:
        return {pod["metadata"]["uid"] for pod in self.pods()}

    def service_url(self) -> str:
        return f"http://{self.get('service', 'productd')['spec']['clusterIP']}"

    def apply(self, *objects: dict) -> None:
        self.kubectl("apply", "--filename", "-", input=json.dumps(
            {"apiVersion": "v1", "kind": "List", "items": list(objects)}))

    def events(self) -> str:
        return self.kubectl("get", "events", "--output",
                            "jsonpath={range .items[*]}{.message}{'\\n'}{end}")

    @contextlib.contextmanager
    def loaded(self, products: int) -> Iterator[dict]:
        """Load while the block runs; the dict is filled with its report at the end."""
        report: dict = {}
        process = subprocess.Popen([sys.executable, "-B", LOAD, self.service_url(), str(products)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield report
            # What is programmed last in the nodes shows a moment after.
            time.sleep(3)
            output, _ = process.communicate("", timeout=COMMAND_TIMEOUT_SECONDS)
            report.update(json.loads(output))
            print(f"  {self.name}: {report}", file=sys.stderr)
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def namespace(name: str) -> Iterator[Namespace]:
    run("kubectl", "create", "namespace", name)
    run("kubectl", "label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    one = Namespace(name)
    try:
        yield one
    except BaseException:
        print(one.kubectl("get", "all,events", check=False), file=sys.stderr)
        raise
    finally:
        one.kubectl("delete", "pods", "--all", "--force", "--grace-period=0", check=False)
        run("kubectl", "delete", "namespace", name, "--timeout=120s", check=False)


@contextlib.contextmanager
def volume(name: str) -> Iterator[str]:
    """The name of a storage class of one volume on node1, which keeps what is on it."""
    directory = STATE / "volumes" / name
    directory.mkdir(parents=True)
    run("kubectl", "apply", "--filename", "-", input=json.dumps({
        "apiVersion": "v1", "kind": "List", "items": [{
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
            "provisioner": "kubernetes.io/no-provisioner",
            "volumeBindingMode": "WaitForFirstConsumer"}, {
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
            "spec": {
                "capacity": {"storage": "100Gi"}, "accessModes": ["ReadWriteOnce"],
                "storageClassName": name, "persistentVolumeReclaimPolicy": "Retain",
                "local": {"path": str(directory)},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{
                    "key": "kubernetes.io/hostname", "operator": "In", "values": ["node1"]}]}]}}}}]
    }))
    try:
        yield name
    finally:
        run("kubectl", "delete", "--wait=false", f"persistentvolume/{name}", f"storageclass/{name}",
            check=False)
        shutil.rmtree(directory)


def product(number: int) -> dict:
    return {"product_id": number, "sku": f"SKU-{number}", "manufacturer": "Acme", "category_id": 1,
            "weight": 1, "some_other_id": 1}


def catalogue(products: int) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "products"}, "data": {
        "products.ndjson": "".join(json.dumps(product(number)) + "\n"
                                   for number in range(1, products + 1))}}
