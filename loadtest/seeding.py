"""A catalogue by one batch, and what is left of it after a restart."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import catalogue
import commit_figures
from figures import SETTLE_SECONDS, FigureError
from servers import Server

TIMEOUT_SECONDS = 120
SAMPLED = 1000
_LOADED = re.compile(r" loaded products=(\d+) .*milliseconds=(\d+)")


@dataclass(frozen=True)
class Seeded:
    """What one batch cost."""

    seconds: float
    rss_bytes: int
    peak_rss_bytes: int


@dataclass(frozen=True)
class Restarted:
    """A server that has read its products from the disk."""

    start_seconds: float
    #: By the server's log.
    load_seconds: float
    rss_bytes: int
    sampled: int


def post_batch(server: Server, file: Path, products: int) -> Seeded:
    """Sends `file` over one connection; an answer but "all stored" is a FigureError."""
    host, _, port = server.address.rpartition(":")
    size = file.stat().st_size
    started = time.monotonic()
    with file.open("rb") as body, \
            socket.create_connection((host, int(port)), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(b"POST /products/batch HTTP/1.1\r\nHost: bench\r\n"
                           b"Content-Type: application/x-ndjson\r\n"
                           b"Content-Length: %d\r\n\r\n" % size)
        connection.sendfile(body)
        response = http.client.HTTPResponse(connection)
        response.begin()
        answer = response.read()
    seconds = time.monotonic() - started
    expected = {"stored": products, "rejected": 0, "errors": []}
    if response.status != 200 or json.loads(answer) != expected:
        raise FigureError(f"POST /products/batch: {response.status} {answer[:500]!r}")
    _check_products(server, products)
    time.sleep(SETTLE_SECONDS)
    return Seeded(seconds, server.rss_bytes(), server.peak_rss_bytes())


def evict(file: Path) -> None:
    """Leaves nothing of a file that nobody uses in the page cache."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def look_at_restarted(server: Server, products: int) -> Restarted:
    """Counts and samples what is there; `server` logs at the level info."""
    loaded = _LOADED.search(server.log())
    if loaded is None or int(loaded[1]) != products:
        raise FigureError(f"{products} products were not loaded:\n{server.log()}")
    time.sleep(SETTLE_SECONDS)
    rss = server.rss_bytes()
    _check_products(server, products)
    ids = range(1, products + 1, max(1, products // SAMPLED))
    catalogue.check(server.address, ids)
    return Restarted(server.start_seconds, int(loaded[2]) / 1000, rss, len(ids))


def _check_products(server: Server, products: int) -> None:
    held = commit_figures.scrape(server.address)["productd_products", ""]
    if held != products:
        raise FigureError(f"{server.name} holds {held:.0f} of {products} products")
