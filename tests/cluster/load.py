#!/usr/bin/env python3
"""Reads products of a Service until standard input ends, and counts every failure.

  load.py http://10.96.0.7 PRODUCTS

Half of the threads keep their connection while the server does, half make one for each request.
Nothing is repeated: a refused or reset connection, a timeout, a status that is not 200 and a wrong
body are failures. Prints JSON: requests, failures by kind, seconds of the longest gap in successes.
"""

from __future__ import annotations

import collections
import http.client
import json
import sys
import threading
import time

THREADS = 8
REQUEST_TIMEOUT_SECONDS = 5.0
#: Of one thread, between requests: a steady load, not the most that two processors can do.
PAUSE_SECONDS = 0.01


class Load:
    def __init__(self, address: str, products: int) -> None:
        self._address = address
        self._products = products
        self._lock = threading.Lock()
        self._failures: collections.Counter[str] = collections.Counter()
        self._successes: list[float] = []
        self._over = threading.Event()

    def _ask(self, connection: http.client.HTTPConnection, product: int) -> bool:
        """One request; whether the connection can be used again."""
        connection.request("GET", f"/products/{product}")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        if json.loads(body)["product_id"] != product:
            raise ValueError("wrong product")
        return not answer.will_close

    def _run(self, number: int) -> None:
        keeps = number % 2 == 0
        connection = None
        product = number
        while not self._over.is_set():
            product = product % self._products + 1
            if connection is None:
                connection = http.client.HTTPConnection(self._address,
                                                        timeout=REQUEST_TIMEOUT_SECONDS)
            try:
                usable = self._ask(connection, product)
                with self._lock:
                    self._successes.append(time.monotonic())
            except (OSError, http.client.HTTPException, ValueError) as error:
                usable = False
                with self._lock:
                    self._failures[f"{type(error).__name__}: {error}"] += 1
            if not (keeps and usable):
                connection.close()
                connection = None
            self._over.wait(PAUSE_SECONDS)
        if connection is not None:
            connection.close()

    def until(self, ends) -> dict:
        began = time.monotonic()
        threads = [threading.Thread(target=self._run, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        ends()
        self._over.set()
        for thread in threads:
            thread.join()
        moments = [began, *sorted(self._successes), time.monotonic()]
        return {"requests": len(self._successes) + self._failures.total(),
                "failures": dict(self._failures),
                "longest_gap_seconds": max(b - a for a, b in zip(moments, moments[1:]))}


if __name__ == "__main__":
    load = Load(sys.argv[1].removeprefix("http://"), int(sys.argv[2]))
    json.dump(load.until(sys.stdin.read), sys.stdout)
