#!/usr/bin/env python3
"""Renders the chart in every way it has and holds the results to Kubernetes' own schemas.

  .venv/bin/python tests/deploy/chart_test.py

No cluster is asked. kubernetes-validate has the strict schemas of Kubernetes' own objects; those of
the Prometheus operator and the Gateway API are decoded into their Go types, which knows fields and
kinds of value but no patterns. AWS's own objects and values of other charts are only parsed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

import kubernetes_validate
import yaml

import chart
from chart import CHART, KUBERNETES_VERSIONS, ROOT, VALUES, helm, objects, render, run_tool

KUSTOMIZATIONS = ("k8s/base", "k8s/overlays/dev", "k8s/overlays/production",
                  "k8s/monitoring/locust")
#: Of files that are applied as they are.
PLAIN = ("k8s/eks/storageclass-gp3.yaml", "k8s/eks/gateway.yaml")
#: What kubernetes-validate does not know, by what checks it.
TYPED = {("monitoring.coreos.com/v1", "ServiceMonitor"), ("monitoring.coreos.com/v1", "PodMonitor"),
         ("monitoring.coreos.com/v1", "PrometheusRule"),
         ("gateway.networking.k8s.io/v1", "HTTPRoute"),
         ("gateway.networking.k8s.io/v1", "Gateway"),
         ("gateway.networking.k8s.io/v1", "GatewayClass")}
UNCHECKED = {("gateway.k8s.aws/v1beta1", "TargetGroupConfiguration"),
             ("gateway.k8s.aws/v1beta1", "LoadBalancerConfiguration")}

#: Findings of kube-score that are meant, with the reason. A finding not listed fails.
KUBE_SCORE_MEANT = {
    "CPU limit is not set": "a limit throttles in periods of 100 ms, which is the latency tail",
    "ImagePullPolicy is not set to Always": "tags are versions and are not moved",
    "Deployment update strategy": "a writable memory mode must not have two pods at a time",
    "Deployment few replicas": "a writable memory mode has one",
    "does not have a host podAntiAffinity set": "topologySpreadConstraints spread the replicas",
    "No matching PodDisruptionBudget was found": "podDisruptionBudget.enabled is false",
    "The service is of type NodePort": "service.type says so",
    "The pod does not have a matching NetworkPolicy": "networkPolicy.enabled is false",
}


def kind_of(item: dict) -> tuple[str, str]:
    return item["apiVersion"], item["kind"]


def schema_faults(text: str, kubernetes: str) -> list[str]:
    faults = []
    for item in objects(text):
        if kind_of(item) in TYPED | UNCHECKED:
            continue
        try:
            kubernetes_validate.validate(item, kubernetes, strict=True)
        except kubernetes_validate.ValidationError as error:
            faults.append(f"{item['kind']} {item['metadata']['name']}: "
                          f"{'.'.join(map(str, error.path))}: {error.message}")
        except kubernetes_validate.SchemaNotFoundError as error:
            faults.append(str(error))
    return faults


def typed_faults(text: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        run = run_tool("typed_objects", file.name)
    wanted = {" ".join(kind_of(item)) for item in objects(text) if kind_of(item) in TYPED}
    unseen = wanted - set(run.stdout.splitlines())
    return run.stderr or "".join(f"not looked at: {kind}" for kind in sorted(unseen))


def restricted_faults(pod: dict) -> list[str]:
    """What Pod Security *restricted* refuses of what a chart could get wrong."""
    faults = []
    security = pod.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
        faults.append("may run as root")
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        faults.append("seccompProfile is not RuntimeDefault")
    faults += [f"{name} is set" for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name)]
    faults += [f"volume {volume['name']} is of the host" for volume in pod.get("volumes", [])
               if "hostPath" in volume]
    for container in pod["containers"] + pod.get("initContainers", []):
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False:
            faults.append("allowPrivilegeEscalation is not false")
        if own.get("capabilities") != {"drop": ["ALL"]}:
            faults.append("capabilities are not dropped")
        if own.get("readOnlyRootFilesystem") is not True:
            faults.append("the root file system can be written")
    if pod.get("automountServiceAccountToken") is not False:
        faults.append("the token of the service account is mounted")
    return faults


def pods(items: list[dict]) -> list[dict]:
    """The pod specification of each object that has one."""
    found = []
    for item in items:
        spec = item.get("spec", {})
        if item["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if item["kind"] == "Pod":
            found.append(spec)
        elif "template" in spec and "spec" in spec["template"]:
            found.append(spec["template"]["spec"])
    return found


class Renderings(unittest.TestCase):
    def test_are_valid_for_each_kubernetes_version(self) -> None:
        files = chart.value_files()
        self.assertGreaterEqual(len(files), 12)
        for path in files:
            for kubernetes in KUBERNETES_VERSIONS:
                with self.subTest(path.name, kubernetes=kubernetes):
                    text = render(path, kubernetes=kubernetes)
                    self.assertEqual(schema_faults(text, kubernetes), [])
                    self.assertEqual(typed_faults(text), "")

    def test_pass_pod_security_restricted(self) -> None:
        for path in chart.value_files():
            for pod in pods(objects(render(path))):
                with self.subTest(path.name, container=pod["containers"][0]["name"]):
                    self.assertEqual(restricted_faults(pod), [])

    def test_have_no_finding_of_kube_score_that_is_not_meant(self) -> None:
        seen = set()
        for path in chart.value_files():
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(render(path))
                file.flush()
                run = run_tool("kube-score", "score", "-o", "ci", file.name)
            for line in run.stdout.splitlines():
                if not line.startswith(("[CRITICAL]", "[WARNING]")):
                    continue
                meant = [text for text in KUBE_SCORE_MEANT if text in line]
                self.assertTrue(meant, f"{path.name}: {line}")
                seen.update(meant)
        self.assertEqual(sorted(set(KUBE_SCORE_MEANT) - seen), [],
                         "no longer found: take it off the list")

    def test_are_the_golden_ones_and_base_and_readme_are_what_the_chart_makes(self) -> None:
        drifted = [str(path.relative_to(ROOT)) for path, content in chart.generated_files().items()
                   if not path.exists() or path.read_text(encoding="utf-8") != content]
        self.assertEqual(drifted, [], "run .venv/bin/python tests/deploy/generate.py")

    def test_schemas_find_what_is_wrong(self) -> None:
        """What the checks above rest on, broken once each."""
        good = render(VALUES / "monitored.yaml")
        self.assertEqual(schema_faults(good, "1.36"), [])
        for text in ("terminationGracePeriodSeconds: 35", "automountServiceAccountToken: false"):
            self.assertTrue(schema_faults(good.replace(text, text.replace("S", "s", 1)), "1.36"))
        self.assertIn("unknown field", typed_faults(good.replace("scrapeTimeout:", "timeout:")))
        pod = pods(objects(good))[0]
        self.assertTrue(restricted_faults({**pod, "securityContext": {}}))


class Behaviour(unittest.TestCase):
    def test_pods_are_made_anew_for_another_configuration_and_not_for_other_reasons(self) -> None:
        def checksum(*settings: str) -> str:
            text = render(None, *(part for setting in settings for part in ("--set", setting)))
            return re.search("checksum/config: (.*)", text).group(1)

        self.assertNotEqual(checksum("config.log.level=debug"), checksum())
        self.assertEqual(checksum("replicas=0", "backup.schedule=@daily"), checksum())


    def test_another_version_of_the_chart_alone_replaces_no_pod(self) -> None:
        template = next(item for item in objects(render(VALUES / "lmdb-defaults.yaml"))
                        if item["kind"] == "StatefulSet")["spec"]["template"]
        version = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))["version"]
        self.assertNotIn(version, str(template["metadata"]))


class Refusals(unittest.TestCase):
    def check(self, cases: list[dict], *arguments: str) -> None:
        for case in cases:
            with self.subTest(case["set"]):
                run = helm("template", "shop", CHART, "--kube-version", "1.36",
                           "--set", case["set"], *arguments)
                self.assertNotEqual(run.returncode, 0, "is accepted")
                self.assertEqual([text for text in case["says"] if text not in run.stderr], [],
                                 run.stderr)

    @classmethod
    def setUpClass(cls) -> None:
        cls.cases = yaml.safe_load(
            (ROOT / "tests" / "deploy" / "refusals.yaml").read_text(encoding="utf-8"))

    def test_of_the_schema_name_the_key_and_what_is_allowed(self) -> None:
        self.assertGreaterEqual(len(self.cases["schema"]), 30)
        self.check(self.cases["schema"])

    def test_of_the_templates_name_the_key_and_the_reason(self) -> None:
        self.check(self.cases["template"])

    def test_hold_without_the_schema(self) -> None:
        self.check(self.cases["without_schema"], "--skip-schema-validation")

    def test_an_older_kubernetes_is_refused(self) -> None:
        run = helm("template", "shop", CHART, "--kube-version", "1.29.9")
        self.assertIn("requires kubeVersion", run.stderr)


class Chart(unittest.TestCase):
    def test_passes_helm_lint(self) -> None:
        for path in chart.value_files():
            with self.subTest(path.name):
                run = helm("lint", "--strict", CHART, "--kube-version", "1.36", "--values", path)
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_passes_its_unit_tests(self) -> None:
        run = run_tool("helm-unittest", "--strict", CHART)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertRegex(run.stdout, r"Tests: +[1-9]\d* passed")

    def test_describes_each_value(self) -> None:
        self.assertNotRegex((CHART / "README.md").read_text(encoding="utf-8"),
                            r"(?m)^\| `[^`]+` \| \w+ \| .* \|  \|$")

    def test_every_value_is_read_by_a_template(self) -> None:
        templates = "".join(path.read_text(encoding="utf-8")
                            for path in (CHART / "templates").iterdir())
        _, _, table = (CHART / "README.md").read_text(encoding="utf-8").partition("## Values")
        names = re.findall(r"^\| `([\w.]+)`", table, re.MULTILINE)
        self.assertGreater(len(names), 60)
        # Passed on as a whole, by the name of what they are in.
        whole = ("metrics.serviceMonitor.", "metrics.podMonitor.")
        unread = [name for name in names if not name.startswith(whole)
                  and f".Values.{name}" not in templates
                  and not re.search(rf"\${re.escape(name.split('.')[0])}\.{name.split('.')[-1]}\b",
                                    templates)]
        self.assertEqual(unread, [])

    def test_package_holds_dashboards_and_rules_and_no_tests(self) -> None:
        with tempfile.TemporaryDirectory(prefix="package-") as folder:
            run = helm("package", CHART, "--destination", folder)
            self.assertEqual(run.returncode, 0, run.stderr)
            with tarfile.open(next(Path(folder).glob("productd-*.tgz"))) as package:
                members = {member.name: member for member in package.getmembers()}
                for kind in ("*.json", "rules/*.yaml"):
                    for source in sorted((ROOT / "dashboards").glob(kind)):
                        folder_name = "rules" if "rules" in kind else "dashboards"
                        member = members[f"productd/files/{folder_name}/{source.name}"]
                        self.assertTrue(member.isfile(), "is a link, which leads nowhere")
                        self.assertEqual(package.extractfile(member).read(), source.read_bytes())
            self.assertEqual([name for name in members if name.startswith("productd/tests")], [])
            self.assertIn("productd/templates/test-health.yaml", members)

    def test_rules_and_dashboards_are_links_to_all_there_are(self) -> None:
        for kind, folder in (("*.json", "dashboards"), ("rules/*.yaml", "rules")):
            sources = {path.resolve() for path in (ROOT / "dashboards").glob(kind)}
            links = list((CHART / "files" / folder).iterdir())
            self.assertTrue(all(link.is_symlink() for link in links))
            self.assertEqual({link.resolve() for link in links}, sources)

    def test_rules_are_those_of_the_project_with_an_address_for_the_runbook(self) -> None:
        base = "https://git.example.com/productd/"
        text = render(VALUES / "monitored.yaml",
                      "--set", f"metrics.prometheusRule.runbookBase={base}")
        specs = {item["metadata"]["name"].removeprefix("shop-productd-"): item["spec"]
                 for item in objects(text) if item["kind"] == "PrometheusRule"}
        self.assertEqual(set(specs), {"alerts", "recording"})
        alerts = [rule for group in specs["alerts"]["groups"] for rule in group["rules"]]
        self.assertGreater(len(alerts), 20)
        for rule in alerts:
            url = rule["annotations"]["runbook_url"]
            self.assertTrue(url.startswith(base + "docs/runbook.md#"))
            rule["annotations"]["runbook_url"] = url.removeprefix(base)
        for name, spec in specs.items():
            source = ROOT / "dashboards" / "rules" / f"productd-{name}.yaml"
            self.assertEqual(spec, yaml.safe_load(source.read_text(encoding="utf-8")))


class Manifests(unittest.TestCase):
    def test_of_kustomize_build_and_are_valid(self) -> None:
        for folder in KUSTOMIZATIONS:
            run = run_tool("kustomize", "build", ROOT / folder)
            self.assertEqual(run.returncode, 0, run.stderr)
            for kubernetes in KUBERNETES_VERSIONS:
                with self.subTest(folder, kubernetes=kubernetes):
                    self.assertEqual(schema_faults(run.stdout, kubernetes), [])
            with self.subTest(folder):
                self.assertEqual(typed_faults(run.stdout), "")
                for pod in pods(objects(run.stdout)):
                    self.assertEqual(restricted_faults(pod), [])
                # Nothing of it points to a ConfigMap whose name kustomize has changed.
                names = {item["metadata"]["name"] for item in objects(run.stdout)
                         if item["kind"] == "ConfigMap"}
                self.assertTrue(all(volume["configMap"]["name"] in names
                                    for pod in pods(objects(run.stdout))
                                    for volume in pod["volumes"] if volume["name"] == "config"))

    def test_of_eks_are_valid_where_a_schema_is_to_be_had(self) -> None:
        for name in PLAIN:
            text = (ROOT / name).read_text(encoding="utf-8")
            self.assertEqual(schema_faults(text, KUBERNETES_VERSIONS[-1]), [])
            self.assertEqual(typed_faults(text), "")

    def test_of_locust_name_options_that_the_locustfile_has(self) -> None:
        run = subprocess.run([ROOT / ".venv" / "bin" / "locust", "-f",
                              ROOT / "loadtest" / "locustfile.py", "--help"],
                             capture_output=True, text=True, timeout=60, check=True,
                             env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        text = (ROOT / "k8s/monitoring/locust/locust.yaml").read_text(encoding="utf-8")
        for option in re.findall(r"- (--[\w-]+)", text):
            self.assertIn(option, run.stdout)
        requirement = re.search(r"^locust==(\S+)$", (ROOT / "loadtest/requirements.txt").read_text(
            encoding="utf-8"), re.MULTILINE).group(1)
        self.assertEqual(set(re.findall(r"locustio/locust:(\S+)", text)), {requirement})

    def test_no_file_has_a_tab_or_a_key_twice(self) -> None:
        class Strict(yaml.SafeLoader):
            def construct_mapping(self, node, deep=False):
                keys = [self.construct_object(key) for key, _ in node.value]
                twice = {key for key in keys if keys.count(key) > 1}
                if twice:
                    raise yaml.YAMLError(f"{node.start_mark}: twice: {twice}")
                return super().construct_mapping(node, deep)

        for path in sorted((ROOT / "k8s").rglob("*.yaml")):
            with self.subTest(str(path.relative_to(ROOT))):
                for _ in yaml.load_all(path.read_text(encoding="utf-8"), Strict):
                    pass


class Documents(unittest.TestCase):
    TEXTS = ("README.md", "docs/kubernetes.md", "docs/eks.md", "helm/productd/README.md")

    def test_name_values_that_the_chart_takes(self) -> None:
        commands = []
        for name in self.TEXTS:
            text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
            commands += re.findall(r"^ *helm (?:install|upgrade|template) .*helm/productd.*$", text,
                                   re.MULTILINE)
        self.assertGreater(len(commands), 8)
        for command in commands:
            with self.subTest(command):
                words = command.replace("$REGISTRY", "registry.example.com").split()
                given = [part for flag, value in zip(words, words[1:])
                         if flag in ("--set", "-f") for part in (flag, value)]
                run = helm("template", "productd", CHART, "--kube-version", "1.36", *given,
                           cwd=ROOT)
                self.assertEqual(run.returncode, 0, run.stderr)

    def test_have_manifests_that_are_valid(self) -> None:
        text = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
        manifests = re.findall(r"<<'YAML'\n(.*?)^YAML$", text, re.MULTILINE | re.DOTALL)
        self.assertEqual(len(manifests), 1)
        for manifest in manifests:
            self.assertEqual(schema_faults(manifest, KUBERNETES_VERSIONS[-1]), [])
            for pod in pods(objects(manifest)):
                self.assertEqual(restricted_faults(pod), [])


if __name__ == "__main__":
    sys.exit(unittest.main())
