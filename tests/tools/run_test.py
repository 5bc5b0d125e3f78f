#!/usr/bin/env python3
"""What `make run` does: tools/run.sh against real programs, from the start to the last signal.

  python3 tests/tools/run_test.py build/release/bin

The argument is the directory of productd and productctl. Each test gives run.sh a directory of its
own with the two programs in it, of which some are replaced by what fails.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 60.0

programs = Path()


class Run(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for name in ("productd", "productctl"):
            (self.bin / name).symlink_to(programs / name)

    def replace(self, program: str, script: str) -> None:
        (self.bin / program).unlink()
        (self.bin / program).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / program).chmod(0o755)

    def start(self, port: int = 0) -> subprocess.Popen:
        """run.sh in a session of its own, as a terminal gives it one; its output is in a file."""
        self.output = self.folder / "output"
        self.data = self.folder / "data"
        with self.output.open("wb") as output:
            run = subprocess.Popen(
                [ROOT / "tools" / "run.sh", self.bin], start_new_session=True,
                env=os.environ | {"PORT": str(port), "TMPDIR": str(self.folder),
                                  "DATA_DIR": str(self.data)},
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.addCleanup(self.stop, run)
        return run

    @staticmethod
    def stop(run: subprocess.Popen) -> None:
        """Ends what a failed test has left; SIGTERM, for a killed run.sh cannot end its server."""
        run.terminate()
        run.wait(TIMEOUT_SECONDS)

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, run: subprocess.Popen, pattern: str) -> re.Match:
        """The first match in the output, for which a run that goes on is waited."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            ended = run.poll() is not None
            found = re.search(pattern, self.text())
            if found:
                return found
            self.assertFalse(ended, f"ended with {run.returncode} before {pattern}:\n{self.text()}")
            self.assertLess(time.monotonic(), deadline, f"no {pattern} in:\n{self.text()}")
            time.sleep(0.01)

    def press_ctrl_c(self, run: subprocess.Popen) -> None:
        """What a terminal does: SIGINT to every process of the group."""
        os.killpg(run.pid, signal.SIGINT)

    def assert_ended(self, run: subprocess.Popen, status: int) -> None:
        """Ended with `status`, and no productd and no file left behind but the data."""
        self.assertEqual(run.wait(TIMEOUT_SECONDS), status, self.text())
        self.assertEqual([], [path for path in self.folder.iterdir()
                              if path not in (self.bin, self.output, self.data)])
        listening = re.search(r'http="0\.0\.0\.0:(\d+)"', self.text())
        if listening:
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", int(listening[1])), timeout=5).close()

    def test_the_sample_catalogue_is_served_until_ctrl_c_drains_it(self):
        run = self.start()
        endpoint = self.wait_for(run, r"productd serves on (http://127\.0\.0\.1:\d+)\.")[1]
        self.wait_for(run, r"Ctrl-C drains and stops it\.")
        for product_id in (1, 1000):
            with urllib.request.urlopen(f"{endpoint}/products/{product_id}", timeout=5) as answer:
                self.assertEqual(json.load(answer)["product_id"], product_id)
        self.assertIn(f"curl -i {endpoint}/products/1", self.text())
        self.press_ctrl_c(run)
        self.assert_ended(run, 0)
        self.assertIn("drained", self.text())

    def test_a_second_ctrl_c_ends_it_at_once(self):
        run = self.start()
        self.wait_for(run, r"Ctrl-C drains and stops it\.")
        self.press_ctrl_c(run)
        self.wait_for(run, "draining")
        self.press_ctrl_c(run)
        self.assert_ended(run, 128 + signal.SIGTERM)

    def test_a_closed_terminal_drains_it_too(self):
        run = self.start()
        self.wait_for(run, r"Ctrl-C drains and stops it\.")
        os.killpg(run.pid, signal.SIGHUP)
        self.assert_ended(run, 0)

    def test_a_catalogue_that_cannot_be_seeded_stops_the_server_too(self):
        self.replace("productctl", "exit 5")
        self.assert_ended(self.start(), 5)

    def test_ctrl_c_while_seeding_drains_the_server_before_the_end(self):
        self.replace("productctl", "echo seeding; exec sleep 60")
        run = self.start()
        self.wait_for(run, "seeding")
        self.press_ctrl_c(run)
        self.assert_ended(run, 128 + signal.SIGINT)
        self.assertIn("drained", self.text())

    def test_a_port_in_use_is_told_in_one_line_and_is_status_2(self):
        with socket.create_server(("0.0.0.0", 0)) as other:
            port = other.getsockname()[1]
            self.assert_ended(self.start(port), 2)
        self.assertEqual(1, len(self.text().splitlines()), self.text())
        self.assertIn(str(port), self.text())

    def test_the_end_of_a_server_that_is_killed_is_a_failure(self):
        self.replace("productd", f'echo "pid $$"; exec {programs}/productd "$@"')
        run = self.start()
        self.wait_for(run, r"Ctrl-C drains and stops it\.")
        os.kill(int(self.wait_for(run, r"pid (\d+)")[1]), signal.SIGKILL)
        self.assert_ended(run, 128 + signal.SIGKILL)

    def test_a_server_that_ends_before_it_is_ready_is_a_failure(self):
        self.replace("productd", "exit 0")
        self.assert_ended(self.start(), 1)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    programs = Path(sys.argv.pop()).resolve()
    # What was started in the background ignores SIGINT, and hands that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unittest.main()
