"""Prometheus and Grafana with what dashboards/ has for them, as programs of a with block."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 30.0
POLL_SECONDS = 0.05
ANSWER_TIMEOUT_SECONDS = 5.0
NO_GRAFANA = ("is not installed; the package grafana of its makers has it: "
              "grafana.com/docs/grafana/latest/setup-grafana/installation")
#: Where that package puts what Grafana needs beside its program.
GRAFANA_HOME = Path("/usr/share/grafana")


class WatcherError(RuntimeError):
    """A program did not start, or has ended; the text has the end of its output."""


class Started:
    """A program that runs. `started` makes and ends it."""

    def __init__(self, name: str, process: subprocess.Popen, log: Path) -> None:
        self._name = name
        self._process = process
        self._log = log

    def check(self) -> None:
        """Raises WatcherError if it has ended."""
        status = self._process.poll()
        if status is not None:
            lines = self._log.read_text(errors="replace").splitlines()[-15:]
            raise WatcherError("\n  ".join([f"{self._name} ended with status {status}", *lines]))

    def reload(self) -> None:
        """Has it read its settings again."""
        self.check()
        self._process.send_signal(signal.SIGHUP)


@contextlib.contextmanager
def started(name: str, command: list[str], folder: Path, ready: Callable[[], bool],
            environment: dict[str, str] | None = None) -> Iterator[Started]:
    """Is entered once `ready`, and leaves nothing running.

    In a session of its own: the terminal's Ctrl-C is for the program that started it.
    """
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   cwd=folder, env=environment, start_new_session=True)
    try:
        program = Started(name, process, log)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not ready():
            program.check()
            if time.monotonic() > deadline:
                raise WatcherError(f"{name} is not ready after {START_TIMEOUT_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)
        yield program
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(url: str) -> bool:
    with contextlib.suppress(OSError):
        with urllib.request.urlopen(url, timeout=ANSWER_TIMEOUT_SECONDS):
            return True
    return False


def port_of(name: str, port: int) -> int:
    """The port itself, or a free one for 0; WatcherError when another program has it."""
    try:
        with socket.create_server(("127.0.0.1", port)) as one:
            return one.getsockname()[1]
    except OSError as error:
        raise WatcherError(f"port {port}: {error.strerror}; give "
                           f"--{name.replace('_', '-')}-port another, or 0 for a free one"
                           ) from None


class Prometheus:
    """One that runs, with the rules of dashboards/ and the targets it is told."""

    def __init__(self, dashboards: Path, folder: Path, port: int, scrape_seconds: int) -> None:
        self.file = folder / "prometheus.yml"
        self.address = f"http://127.0.0.1:{port}"
        self._dashboards = dashboards
        self._scrape_seconds = scrape_seconds
        self._program: Started | None = None
        self._write({})

    def run_as(self, program: Started) -> None:
        self._program = program

    def check(self) -> None:
        """Raises WatcherError if it has ended."""
        if self._program:
            self._program.check()

    def look_at(self, server: str, locust: str) -> None:
        """These from now on, in place of those before; each an ADDRESS:PORT."""
        self._write({"productd": server, "locust": locust})
        if self._program:
            self._program.reload()

    def _write(self, targets: dict[str, str]) -> None:
        """The settings that are shipped, with the addresses of here and a shorter interval."""
        settings = yaml.safe_load((self._dashboards / "prometheus.yml").read_text("utf-8"))
        settings["global"] = {"scrape_interval": f"{self._scrape_seconds}s",
                              "evaluation_interval": f"{self._scrape_seconds}s"}
        settings["rule_files"] = [str(self._dashboards / pattern)
                                  for pattern in settings["rule_files"]]
        for job in settings["scrape_configs"]:
            job["static_configs"][0]["targets"] = [
                address for name, address in targets.items() if name == job["job_name"]]
        # Whole or not at all: a reload may be under way.
        written = self.file.with_suffix(".new")
        written.write_text(yaml.safe_dump(settings), encoding="utf-8")
        written.replace(self.file)


@contextlib.contextmanager
def prometheus(dashboards: Path, folder: Path, port: int,
               scrape_seconds: int) -> Iterator[Prometheus]:
    """Without a target until it is told some."""
    if shutil.which("prometheus") is None:
        raise WatcherError("prometheus is not installed; make install-deps installs it")
    found = Prometheus(dashboards, folder, port, scrape_seconds)
    with started("prometheus", [
            "prometheus", f"--config.file={found.file}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], folder,
            lambda: answers(f"{found.address}/-/ready")) as program:
        found.run_as(program)
        yield found


def grafana_command() -> list[str] | None:
    """How to start the Grafana of this machine; None when there is none."""
    if shutil.which("grafana"):
        return ["grafana", "server"]
    return ["grafana-server"] if shutil.which("grafana-server") else None


def provision_grafana(dashboards: Path, folder: Path, ports: dict[str, int]) -> Path:
    """Writes what dashboards/provisioning has, with the places of here; returns the folder."""
    shipped = dashboards / "provisioning"
    source = yaml.safe_load((shipped / "datasource.yaml").read_text(encoding="utf-8"))
    source["datasources"][0]["url"] = f"http://127.0.0.1:{ports['prometheus']}"
    source["datasources"][0]["jsonData"]["timeInterval"] = "2s"
    boards = yaml.safe_load((shipped / "dashboards.yaml").read_text(encoding="utf-8"))
    boards["providers"][0]["options"]["path"] = str(dashboards)
    for kind, settings in (("datasources", source), ("dashboards", boards)):
        (folder / "provisioning" / kind).mkdir(parents=True)
        (folder / "provisioning" / kind / "productd.yaml").write_text(
            yaml.safe_dump(settings), encoding="utf-8")
    return folder / "provisioning"


def grafana(command: list[str], dashboards: Path, folder: Path,
            ports: dict[str, int]) -> contextlib.AbstractContextManager[Started]:
    """Everybody on this machine may look, nobody needs a password to."""
    environment = os.environ | {
        "GF_PATHS_PROVISIONING": str(provision_grafana(dashboards, folder, ports)),
        "GF_PATHS_DATA": str(folder / "grafana"), "GF_PATHS_LOGS": str(folder / "grafana"),
        "GF_SERVER_HTTP_ADDR": "127.0.0.1", "GF_SERVER_HTTP_PORT": str(ports["grafana"]),
        "GF_AUTH_ANONYMOUS_ENABLED": "true", "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_ANALYTICS_REPORTING_ENABLED": "false", "GF_ANALYTICS_CHECK_FOR_UPDATES": "false"}
    home = ["--homepath", str(GRAFANA_HOME)] if GRAFANA_HOME.exists() else []
    return started("grafana", [*command, *home], folder,
                   lambda: answers(f"http://127.0.0.1:{ports['grafana']}/api/health"), environment)
