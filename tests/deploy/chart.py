"""The chart, its tools, and what the two make: shared by the tests here and by generate.py."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "productd"
VALUES = ROOT / "tests" / "deploy" / "values"
GOLDEN = ROOT / "tests" / "deploy" / "golden"
BASE = ROOT / "k8s" / "base"
EKS_VALUES = ROOT / "k8s" / "eks" / "values-eks.yaml"

#: The oldest that kubeVersion of Chart.yaml allows, one between, and the newest tried.
KUBERNETES_VERSIONS = ("1.30", "1.33", "1.36")
TOOL_TIMEOUT_SECONDS = 120
#: Building all of them for the first time.
BUILD_TIMEOUT_SECONDS = 1800


@functools.cache
def tools() -> dict[str, str]:
    """Paths by name; built where they are not yet."""
    run = subprocess.run([ROOT / "tools" / "deploy-tools.sh"], stdout=subprocess.PIPE, text=True,
                         timeout=BUILD_TIMEOUT_SECONDS, check=True)
    return {name: path for name, _, path in (line.split() for line in run.stdout.splitlines())}


def run_tool(name: str, *arguments: object, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tools()[name], *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=TOOL_TIMEOUT_SECONDS, **settings)


def helm(*arguments: object, **settings: Any) -> subprocess.CompletedProcess[str]:
    run = run_tool("helm", *arguments, **settings)
    # A line for each link to dashboards/, meant as a warning, and meant to be so here.
    run.stderr = "".join(line for line in run.stderr.splitlines(keepends=True)
                         if "found symbolic link" not in line)
    return run


def render(values: Path | None = None, *arguments: object, release: str = "shop",
           namespace: str = "productd", kubernetes: str = KUBERNETES_VERSIONS[-1]) -> str:
    """The rendered chart; RuntimeError with helm's words when it refuses."""
    files = [] if values is None else ["--values", values]
    run = helm("template", release, CHART, "--namespace", namespace, "--kube-version", kubernetes,
               *files, *arguments)
    if run.returncode:
        raise RuntimeError(f"{values}: {run.stderr}")
    return run.stdout


def objects(text: str) -> list[dict]:
    return [document for document in yaml.safe_load_all(text) if document]


def value_files() -> list[Path]:
    return [*sorted(VALUES.glob("*.yaml")), EKS_VALUES, BASE / "values.yaml"]


# Files that are made of others, each as its path and content.

#: Not for objects that somebody applies by kustomize.
_ONLY_HELM = ("app.kubernetes.io/managed-by:", "helm.sh/chart:", "checksum/config:")


def base_files() -> dict[Path, str]:
    """The chart as kustomize takes it: without Helm's labels, hooks and checksum."""
    text = render(BASE / "values.yaml", release="productd")
    kept, config = [], ""
    for document in text.split("---\n"):
        parsed = yaml.safe_load(document)
        if not parsed or "helm.sh/hook" in parsed["metadata"].get("annotations", {}):
            continue
        if parsed["kind"] == "ConfigMap":
            config = parsed["data"]["productd.yaml"]
            continue
        lines = [line for line in document.splitlines()
                 if not line.strip().startswith((*_ONLY_HELM, "# Source:", "# A pod reads"))]
        # The checksum was the only annotation of the pod.
        kept.append("\n".join(lines).replace("      annotations:\n      labels:", "      labels:"))
    head = "# Rendered from helm/productd by tests/deploy/generate.py; change the chart instead.\n"
    return {BASE / "objects.yaml": head + "\n---\n".join(kept) + "\n",
            BASE / "productd.yaml": head + config}


#: Few, for each change of the chart is read in each of them.
GOLDEN_VALUES = ("lmdb-defaults", "lmdb-everything", "memory-seeded", "memory-autoscaled")


def golden_files() -> dict[Path, str]:
    files = {}
    for name in GOLDEN_VALUES:
        text = render(VALUES / f"{name}.yaml")
        # What is in dashboards/ is compared where it is made.
        documents = [document for document in text.split("---\n")
                     if "templates/dashboards.yaml" not in document
                     and "templates/prometheusrule.yaml" not in document]
        files[GOLDEN / f"{name}.yaml"] = "---\n".join(documents)
    return files


def readme_files() -> dict[Path, str]:
    with tempfile.TemporaryDirectory(prefix="helm-docs-") as folder:
        for name in ("Chart.yaml", "values.yaml", "README.md.gotmpl"):
            (Path(folder) / name).write_text((CHART / name).read_text(encoding="utf-8"),
                                             encoding="utf-8")
        run_tool("helm-docs", "--chart-search-root", folder, "--sort-values-order", "file",
                 check=True)
        return {CHART / "README.md": (Path(folder) / "README.md").read_text(encoding="utf-8")}


def generated_files() -> dict[Path, str]:
    return {**base_files(), **golden_files(), **readme_files()}
