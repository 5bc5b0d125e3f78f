"""Programs that a test starts: waits for them and ends them, however the test goes."""

from __future__ import annotations

import contextlib
import http.server
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

START_TIMEOUT_SECONDS = 30.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def wait_until(true: Callable[[], bool], process: subprocess.Popen, what: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not true():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not in {START_TIMEOUT_SECONDS:g} s, or ended")
        time.sleep(0.02)


@contextlib.contextmanager
def ended(process: subprocess.Popen) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(START_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """ADDRESS:PORT of a server of this process."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        # A client that keeps its connection would keep its thread, and this would wait for it.
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield "127.0.0.1:%d" % server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


class Productd(NamedTuple):
    address: str
    #: The same, unless a flag says otherwise.
    management: str
    folder: Path
    process: subprocess.Popen


@contextlib.contextmanager
def running_productd(binary: Path, *flags: str) -> Iterator[Productd]:
    """On free ports of 127.0.0.1, in a folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="productd-") as name:
        folder = Path(name)
        ready = folder / "ready"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [binary, "--http-listen", "127.0.0.1:0", "--ready-file", ready, "--data-dir",
                 folder / "data", "--drain-idle-ms", "0", *flags],
                cwd=folder, stdin=subprocess.DEVNULL, stderr=log)
        with ended(process):
            wait_until(ready.exists, process, "productd is ready")
            addresses = ready.read_text(encoding="utf-8").split()
            yield Productd(addresses[0], addresses[-1], folder, process)
