"""Costs that are not a matter of load: idle connections, the start, the memory of a catalogue."""

from __future__ import annotations

import contextlib
import resource
import socket
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import catalogue
from servers import Server, running

# A client's ports are counted by source address; four leave room for whatever else is connected.
SOURCE_ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")
IP_BIND_ADDRESS_NO_PORT = 24
SETTLE_SECONDS = 1.0
SEED_CONNECTIONS = 64
SEED_TIMEOUT_SECONDS = 300.0


class FigureError(RuntimeError):
    """A figure could not be measured."""


@dataclass(frozen=True)
class IdleCost:
    """Resident memory that open connections add; the kernel's share of a socket is not in it."""

    connections: int
    #: After connecting, no byte sent.
    opened_bytes: int
    #: After one GET on each, idle again.
    used_bytes: int

    @property
    def cost_bytes(self) -> int:
        return max(self.opened_bytes, self.used_bytes)


def raise_descriptor_limit(needed: int) -> None:
    """Lets this process and the servers it starts have `needed` descriptors."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise FigureError(f"{needed} descriptors are needed, the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def idle_connections(server: Server, count: int) -> IdleCost:
    """Opens `count` connections to a server that holds product 1, uses each once, closes them."""
    raise_descriptor_limit(count + 200)
    catalogue.check(server.address, [1])
    before = server.rss_bytes()
    with contextlib.ExitStack() as open_connections:
        connections = [open_connections.enter_context(_connect(server.address, i))
                       for i in range(count)]
        time.sleep(SETTLE_SECONDS)
        opened = server.rss_bytes()
        for connection in connections:
            _get_first_product(connection)
        time.sleep(SETTLE_SECONDS)
        used = server.rss_bytes()
    server.check()
    return IdleCost(count, opened - before, used - before)


def _connect(address: str, index: int) -> socket.socket:
    host, _, port = address.rpartition(":")
    connection = socket.socket()
    connection.settimeout(10)
    # The port is chosen when the destination is known, so all ports serve each source address.
    connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    connection.bind((SOURCE_ADDRESSES[index % len(SOURCE_ADDRESSES)], 0))
    connection.connect((host, int(port)))
    return connection


def _get_first_product(connection: socket.socket) -> None:
    connection.sendall(b"GET /products/1 HTTP/1.1\r\nHost: bench\r\n\r\n")
    answer = b""
    while not answer.endswith(b"}\n"):
        more = connection.recv(4096)
        if not more:
            raise FigureError("the server closed an idle connection")
        answer += more
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise FigureError(f"unexpected answer: {answer!r}")


def median_start_seconds(name: str, command: list[str], starts: int) -> float:
    """From making the process to its ready file."""
    seconds = []
    for _ in range(starts):
        # Nothing is lost by killing what has served no one, and a drain takes its time.
        with running(name, command, drain=False) as server:
            seconds.append(server.start_seconds)
    return statistics.median(seconds)


@dataclass(frozen=True)
class CatalogueMemory:
    """What a server takes for products that productctl seeded."""

    products: int
    json_bytes: int
    rss_bytes: int
    peak_rss_bytes: int
    seed_seconds: float

    @property
    def ratio(self) -> float:
        """Resident bytes of the whole process by byte of JSON."""
        return self.rss_bytes / self.json_bytes


def catalogue_memory(server: Server, productctl: Path, products: int) -> CatalogueMemory:
    """Seeds `products` into an empty server; all of their JSON is then read to know its size."""
    command = [str(productctl.absolute()), "seed", "--count", str(products),
               "--concurrency", str(SEED_CONNECTIONS), "--endpoint", f"http://{server.address}"]
    started = time.monotonic()
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         timeout=SEED_TIMEOUT_SECONDS)
    seed_seconds = time.monotonic() - started
    server.check()
    if run.returncode != 0:
        raise FigureError(f"productctl seed: status {run.returncode}\n{run.stdout}{run.stderr}")
    time.sleep(SETTLE_SECONDS)
    rss = server.rss_bytes()
    peak = server.peak_rss_bytes()
    return CatalogueMemory(products, catalogue.json_bytes(server.address, products), rss, peak,
                           seed_seconds)
