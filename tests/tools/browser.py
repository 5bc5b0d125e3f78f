"""A headless Chromium that opens pages, says what they asked for and complained of, and takes
pictures of them; by the DevTools protocol."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import websocket

from processes import ended

TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.05


class Page:
    """The one tab. What it asked for and complained of is gathered from its making on."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, timeout=TIMEOUT_SECONDS,
                                                   suppress_origin=True)
        self._number = 0
        #: The addresses of all requests.
        self.requests: list[str] = []
        #: Errors of the console, exceptions, and requests that failed.
        self.complaints: list[str] = []
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def close(self) -> None:
        self._socket.close()

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps(
            {"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._note(message)

    def open(self, url: str, width: int, height: int, dark: bool = False) -> None:
        """Returns once the page's own scripts have run."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.ask("Page.navigate", url=url)
        self.wait_until(lambda: self.evaluate(
            "document.readyState === 'complete' && location.href !== 'about:blank'"))

    def evaluate(self, expression: str) -> Any:
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True,
                          awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_until(self, true: Callable[[], Any]) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not true():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the page is not ready; it complains: {self.complaints}")
            time.sleep(POLL_SECONDS)

    def picture(self, file: Path) -> None:
        """Of the whole page."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        answer = self.ask("Page.captureScreenshot", captureBeyondViewport=True, clip={
            "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1})
        file.write_bytes(base64.b64decode(answer["data"]))

    def _note(self, message: dict[str, Any]) -> None:
        of = message.get("params", {})
        method = message.get("method")
        if method == "Network.requestWillBeSent":
            self.requests.append(of["request"]["url"])
        elif method == "Network.loadingFailed" and not of.get("canceled"):
            self.complaints.append(f"a request failed: {of['errorText']}")
        elif method == "Runtime.exceptionThrown":
            details = of["exceptionDetails"]
            self.complaints.append(
                details.get("exception", {}).get("description") or details["text"])
        elif method == "Log.entryAdded" and of["entry"]["level"] == "error":
            self.complaints.append(f"{of['entry']['text']} {of['entry'].get('url', '')}")
        elif method == "Runtime.consoleAPICalled" and of["type"] in ("error", "assert"):
            self.complaints.append(str([one.get("value") for one in of["args"]]))


@contextlib.contextmanager
def chromium() -> Iterator[Page]:
    """Ends with the block, and leaves nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="chromium-"))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["chromium", "--headless=new", "--remote-debugging-port=0",
             f"--user-data-dir={folder / 'profile'}", "--no-first-run", "--disable-gpu",
             "--disable-dev-shm-usage", "--disable-background-networking",
             "--disable-component-update", "--hide-scrollbars", "--force-color-profile=srgb",
             # Chromium refuses root, who builds in containers, its sandbox; the pages are ours.
             *(["--no-sandbox"] if os.geteuid() == 0 else []), "about:blank"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        with ended(process):
            port = _port(folder, process)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json",
                                        timeout=TIMEOUT_SECONDS) as answer:
                tabs = json.load(answer)
            page = Page(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
            with contextlib.closing(page):
                yield page
    finally:
        # Its children write there for a moment longer.
        shutil.rmtree(folder, ignore_errors=True)


def _port(folder: Path, process: subprocess.Popen) -> int:
    file = folder / "profile" / "DevToolsActivePort"
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        with contextlib.suppress(FileNotFoundError):
            lines = file.read_text().splitlines()
            if len(lines) == 2:
                return int(lines[0])
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("chromium did not start:\n"
                               + (folder / "log").read_text(errors="replace"))
        time.sleep(POLL_SECONDS)
