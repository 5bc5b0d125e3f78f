"""The products the measurements use, and plain HTTP/1.1 to store and check them."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterable, Iterator

PIPELINE_DEPTH = 500
_CONTENT_LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)\r\n", re.IGNORECASE)


class CatalogueError(RuntimeError):
    """A server answered something else than the contract says."""


def body(product_id: int) -> bytes:
    """The wire form of a product; the epoll responder makes the same bytes."""
    return (f'{{"product_id":{product_id},"sku":"SKU-{product_id:08d}",'
            f'"manufacturer":"Acme Corporation","category_id":{product_id % 1000 + 1},'
            f'"weight":{product_id % 50000},"some_other_id":{product_id % 100000 + 1}}}\n').encode()


def fill(address: str, count: int) -> None:
    """Stores products 1..count, one request after the other."""
    connection = http.client.HTTPConnection(address, timeout=10)
    for product_id in range(1, count + 1):
        connection.request("POST", f"/products/{product_id}/details", body(product_id),
                           {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        if response.status != 204:
            raise CatalogueError(f"POST of product {product_id}: {response.status} {text!r}")
    connection.close()


def check(address: str, product_ids: Iterable[int]) -> None:
    """Reads these products and raises CatalogueError unless each has its exact bytes."""
    connection = http.client.HTTPConnection(address, timeout=10)
    for product_id in product_ids:
        connection.request("GET", f"/products/{product_id}")
        response = connection.getresponse()
        text = response.read()
        if response.status != 200 or text != body(product_id):
            raise CatalogueError(f"GET of product {product_id}: {response.status} {text!r}")
    connection.close()


def json_bytes(address: str, count: int) -> int:
    """The sum of the lengths of the bodies of products 1..count, each of them read."""
    host, _, port = address.rpartition(":")
    total = 0
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        lengths = _body_lengths(connection)
        for first in range(1, count + 1, PIPELINE_DEPTH):
            last = min(first + PIPELINE_DEPTH - 1, count)
            connection.sendall(b"".join(b"GET /products/%d HTTP/1.1\r\nHost: bench\r\n\r\n" % i
                                        for i in range(first, last + 1)))
            for _ in range(first, last + 1):
                total += next(lengths)
    return total


def _body_lengths(connection: socket.socket) -> Iterator[int]:
    """Body lengths of the answers as they come; raises CatalogueError for any but a 200."""
    buffer = b""
    at = 0
    while True:
        head_end = buffer.find(b"\r\n\r\n", at)
        head = buffer[at:head_end + 2] if head_end >= 0 else b""
        length = _CONTENT_LENGTH.search(head)
        end = head_end + 4 + int(length[1]) if length else 0
        if head_end < 0 or (length and end > len(buffer)):
            more = connection.recv(1 << 20)
            if not more:
                raise CatalogueError("the server closed a connection that was in use")
            buffer = buffer[at:] + more
            at = 0
            continue
        if length is None or not head.startswith(b"HTTP/1.1 200 "):
            raise CatalogueError(f"unexpected answer: {head!r}")
        yield int(length[1])
        at = end
