"""Starts the servers under test and reads what the kernel accounts to them.

Every server binds port 0 and writes the address it got to a ready file, so that nothing here
guesses a port or sleeps until it hopes the server is up.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Enough to read ten million products from a file.
START_TIMEOUT_SECONDS = 120.0
STOP_TIMEOUT_SECONDS = 30.0
# Short against the starts that are measured, long enough to leave the processor to the server.
POLL_SECONDS = 0.0002


class ServerError(RuntimeError):
    """A server did not start, or ended by itself; the text has the end of its output."""


def command_for(binary: Path, threads: int, products: int = 0) -> list[str]:
    """The command line that starts a server, all but its ready file.

    The flags follow from the file name; whatever is called neither go_peer nor epoll_responder is
    taken for a productd. `products` is what the epoll responder is to hold: it takes no POST.
    """
    binary = binary.absolute()
    if not binary.exists():
        raise ServerError(f"{binary} is missing; build it first")
    listen = "127.0.0.1:0"
    if binary.name == "go_peer":
        return [str(binary), "-listen", listen]
    if binary.name == "epoll_responder":
        return [str(binary), "--listen", listen, "--threads", str(threads),
                "--products", str(products)]
    return [str(binary), "--http-listen", listen, "--storage-engine", "memory",
            "--workers", str(threads), "--log-level", "warning"]


def lmdb_flags(data_dir: Path) -> list[str]:
    """For the end of a productd's command line: it then keeps its products in `data_dir`."""
    return ["--storage-engine", "lmdb", "--storage-data-dir", str(data_dir)]


class Server:
    """A running server. Make it with `running`, which also stops it."""

    def __init__(self, name: str, command: list[str], directory: Path) -> None:
        """Starts `command` and returns once the server is ready."""
        self.name = name
        self._log = directory / "output.log"
        ready_file = directory / "ready"
        with self._log.open("wb") as log:
            started = time.monotonic()
            self._process = subprocess.Popen(
                [*command, "--ready-file", str(ready_file)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=directory)
        try:
            #: "127.0.0.1:40123"
            self.address = self._wait_for(ready_file, started + START_TIMEOUT_SECONDS)
        except BaseException:
            self.kill()
            raise
        #: Seconds from just before the process was made until its ready file was there.
        self.start_seconds = time.monotonic() - started

    @property
    def pid(self) -> int:
        return self._process.pid

    def _wait_for(self, ready_file: Path, deadline: float) -> str:
        """Returns the address in the ready file, once that is there in whole."""
        while True:
            with contextlib.suppress(FileNotFoundError):
                text = ready_file.read_text()
                if text.endswith("\n"):
                    return text.split()[0]
            self.check()
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self.name} not ready after {START_TIMEOUT_SECONDS:.0f} s\n{self._tail()}")
            time.sleep(POLL_SECONDS)

    def check(self) -> None:
        """Raises ServerError if the server has ended."""
        status = self._process.poll()
        if status is not None:
            raise ServerError(f"{self.name} ended with status {status}\n{self._tail()}")

    def stop(self) -> None:
        """Asks the server to drain and exit; kills it if it has not after the time-out."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                raise ServerError(f"{self.name} did not stop on SIGTERM\n{self._tail()}") from None

    def kill(self) -> None:
        """Ends the server at once."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def cpu_seconds(self) -> float:
        """User and system time of all threads since the start; resolution 1/SC_CLK_TCK s."""
        return process_cpu_seconds(self.pid)

    def rss_bytes(self) -> int:
        """Resident memory now."""
        return self._status_bytes("VmRSS")

    def peak_rss_bytes(self) -> int:
        """The most resident memory since the start."""
        return self._status_bytes("VmHWM")

    def _status_bytes(self, key: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == key:
                return int(value.split()[0]) * 1024
        raise ServerError(f"/proc/{self.pid}/status has no {key}")

    def log(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(errors="replace")

    def _tail(self) -> str:
        lines = self.log().splitlines()[-15:]
        return "\n".join(f"  {line}" for line in lines)


def process_cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process; resolution 1/SC_CLK_TCK s."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    # The second field is the name in parentheses and may hold spaces.
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def exit_on_sigterm() -> None:
    """Makes SIGTERM end this program by way of its with blocks, so that no server stays behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


@contextlib.contextmanager
def running(name: str, command: list[str], drain: bool = True) -> Iterator[Server]:
    """A server for the length of a with block; `drain` False kills it at the end."""
    directory = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    try:
        server = Server(name, command, directory)
        try:
            yield server
        except BaseException:
            server.kill()
            raise
        if drain:
            server.stop()
        else:
            server.kill()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
