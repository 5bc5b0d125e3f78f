#!/usr/bin/env python3
"""Runs the commands of README.md against a productd of its own and follows the links of every *.md.

  python3 tests/tools/check_readme.py build/release/bin

The argument is the directory of productd and productctl. Every line of README's ```sh blocks runs,
in order, from the root of the repository, and must exit 0; a status of 400 or more fails curl. The
server has a free port, which replaces 8080, and the sample catalogue of `make run`. What a command
exports holds for those after it. Lines of make are only resolved (make -n): the other tests and
tools/run_test.py do what they do. Nothing outside this machine is asked.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_SECONDS = 30.0
COMMAND_TIMEOUT_SECONDS = 60.0
# What is no document of ours.
SKIPPED_FOLDERS = {"build", ".venv", ".git", ".cache", "node_modules"}

_FENCE = re.compile(r"^ *(```+|~~~+) *(\S*)")
_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")
_HEADING = re.compile(r"^ {0,3}#{1,6} +(.*?)(?: +#+)? *$")
_PRODUCTD = re.compile(r"(?:^|[\s;&|/])productd(?=\s|$)")


def sh_commands(text: str) -> list[tuple[int, str]]:
    """Line number and command of each line in a ```sh block; continued lines are one command."""
    commands: list[tuple[int, str]] = []
    fence = ""
    language = ""
    pending = ""
    began = 0
    for number, line in enumerate(text.splitlines(), start=1):
        match = _FENCE.match(line)
        if match and (not fence or match.group(1).startswith(fence)):
            if pending:
                raise ValueError(f"line {began}: a command is continued beyond its block")
            fence, language = ("", "") if fence else match.groups()
            continue
        if not fence or language != "sh":
            continue
        if not pending:
            began = number
            if not line.strip() or line.lstrip().startswith("#"):
                continue
        pending += line + "\n"
        if not line.endswith("\\"):
            commands.append((began, pending.strip()))
            pending = ""
    return commands


def prose(text: str) -> list[tuple[int, str]]:
    """The numbered lines outside of fenced blocks."""
    lines: list[tuple[int, str]] = []
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        match = _FENCE.match(line)
        if match and (not fence or match.group(1).startswith(fence)):
            fence = "" if fence else match.group(1)
        elif not fence:
            lines.append((number, line))
    return lines


def anchors(text: str) -> set[str]:
    """The fragments under which the headings of a document are reached."""
    found: set[str] = set()
    for _, line in prose(text):
        match = _HEADING.match(line)
        if not match:
            continue
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match.group(1)).lower()
        kept = (c for c in title if c in " -_" or unicodedata.category(c)[0] in "LN")
        slug = "".join(kept).replace(" ", "-")
        unique, count = slug, 0
        while unique in found:
            count += 1
            unique = f"{slug}-{count}"
        found.add(unique)
    return found


def documents() -> list[Path]:
    found: list[Path] = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        found += [Path(folder) / name for name in sorted(files) if name.endswith(".md")]
    return found


def link_failures() -> list[str]:
    failures: list[str] = []
    for document in documents():
        text = document.read_text(encoding="utf-8")
        for number, line in prose(text):
            for target in _LINK.findall(re.sub(r"`[^`]*`", "", line)):
                if _SCHEME.match(target):
                    continue
                path, _, fragment = target.partition("#")
                place = f"{document.relative_to(ROOT)}:{number}"
                linked = (document.parent / path).resolve() if path else document
                if not linked.is_relative_to(ROOT) or not linked.exists():
                    failures.append(f"{place}: no such file: {target}")
                elif fragment and linked.suffix == ".md":
                    if fragment not in anchors(linked.read_text(encoding="utf-8")):
                        failures.append(f"{place}: no such heading: {target}")
    return failures


@contextlib.contextmanager
def running_productd(programs: Path) -> Iterator[str]:
    """ADDRESS:PORT of a productd that serves the sample catalogue."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        server = subprocess.Popen(
            [programs / "productd", "--http-listen", "127.0.0.1:0", "--ready-file", ready,
             "--drain-idle-ms", "0"], cwd=folder)
        try:
            deadline = time.monotonic() + START_TIMEOUT_SECONDS
            while not ready.exists():
                if server.poll() is not None:
                    raise RuntimeError(f"productd ended with status {server.returncode}")
                if time.monotonic() > deadline:
                    raise RuntimeError(f"productd not ready in {START_TIMEOUT_SECONDS:g} s")
                time.sleep(0.01)
            address = ready.read_text(encoding="utf-8").split()[0]
            subprocess.run([programs / "productctl", "--endpoint", f"http://{address}", "seed",
                            "--count", "1000"], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, timeout=COMMAND_TIMEOUT_SECONDS)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=START_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def command_failure(command: str, exports: str, programs: Path, address: str) -> str:
    """Runs one command of README after `exports`; empty when it succeeds, else how it failed."""
    if command.split()[0] == "make":
        script = re.sub(r"^make\b", "make -n", command)
    elif _PRODUCTD.search(command) and not re.search(
            r"--(check-config|print-config|version|help)\b", command):
        return "this would start a server that does not end"
    else:
        port = address.rpartition(":")[2]
        script = re.sub(r"\b8080\b", port, exports + command)
        script = re.sub(r"(\$PWD/)?\bbuild/release/bin\b", str(programs), script)
        # With -f a refusal is a failure of curl's too.
        script = 'curl() { command curl -f "$@"; }\n' + script
    environment = os.environ | {
        "PRODUCTCTL_ENDPOINT": f"http://{address}",
        "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
    }
    # Of an outer make, which would hand its flags and its job server on.
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        environment.pop(name, None)
    try:
        run = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=ROOT, env=environment,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=COMMAND_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        return f"did not end in {COMMAND_TIMEOUT_SECONDS:g} s"
    if run.returncode == 0:
        return ""
    return f"status {run.returncode}\n{run.stdout.decode(errors='replace')}"


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    programs = Path(sys.argv[1]).resolve()
    failures = link_failures()
    commands = sh_commands((ROOT / "README.md").read_text(encoding="utf-8"))
    if not commands:
        failures.append("README.md: no command found")
    with running_productd(programs) as address:
        exports = ""
        for number, command in commands:
            failure = command_failure(command, exports, programs, address)
            if command.startswith("export "):
                exports += command + "\n"
            print(f"README.md:{number}: {'FAILED' if failure else 'ok'}: {command}", flush=True)
            if failure:
                failures.append(f"README.md:{number}: {command}: {failure}")
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{len(commands)} commands, {len(documents())} documents, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
