"""Locust's own measurements for Prometheus, by Locust's events; a locustfile imports this module.

Two histograms, each by method and name, in the buckets of the server (latency_histogram.py):

`locust_response_time_seconds` is what Locust reports: from sending the request to the end of its
response.

`locust_intended_start_latency_seconds` ends there too, but begins when the request *should* have
begun. A client that waits for a late answer sends nothing meanwhile, and a client that is short of
processor time wakes up late: the requests that would have met the worst time are not sent then, and
the response time leaves out exactly the waits that somebody who kept to a schedule would have had.
Gil Tene named this coordinated omission ("How NOT to Measure Latency", 2013); his wrk2 counts from
the intended start, as this does. The intended start is

- for a task after a pause: when the pause was to end (the end of the task before, and the pause
  drawn);
- for requests back to back, such as those of the seed: the end of the request before;
- for a user with a schedule of arrivals (open_arrivals.py): the arrival in the schedule, however
  late those before it are.

A user says by `context={"lateness": seconds}` how long after its intended start a request is sent;
without it the two histograms agree.

One process listens: the only one, or the master. Workers send what they count in Locust's own
reports to the master, every three seconds and before they end, so the sums are Locust's. Unlike
Locust's statistics, what is counted here is never reset, as Prometheus demands of counters.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psutil
from gevent import pywsgi
from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner

from client_metrics import ClientMetrics

DEFAULT_PORT = 9646
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: The key of our part in a worker's report.
REPORT = "client_metrics"

#: What this process counts; a master's has what its workers sent.
metrics = ClientMetrics()

logger = logging.getLogger(__name__)


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    group = parser.add_argument_group("metrics")
    group.add_argument("--metrics-port", type=int, default=DEFAULT_PORT,
                       env_var="LOCUST_METRICS_PORT", metavar="PORT",
                       help=f"serve /metrics there (default {DEFAULT_PORT}); 0 serves none. "
                       "Workers serve none")
    group.add_argument("--metrics-host", default="", env_var="LOCUST_METRICS_HOST",
                       metavar="HOST",
                       help="address to serve it on (default all)")
    group.add_argument("--metrics-file", default="", env_var="LOCUST_METRICS_FILE",
                       metavar="FILE",
                       help="write the same text there when Locust quits")


@events.init.add_listener
def start(environment: Environment, runner: Runner, **_: Any) -> None:
    if isinstance(runner, MasterRunner):
        environment.events.worker_report.add_listener(_merge_from(runner))
    else:
        environment.events.request.add_listener(on_request)
    if isinstance(runner, WorkerRunner):
        environment.events.report_to_master.add_listener(_add_to_report)
        return
    options = environment.parsed_options
    if options.metrics_file:
        path = Path(options.metrics_file).absolute()
        if not os.access(path.parent, os.W_OK | os.X_OK) or path.is_dir():
            _give_up(f"cannot write {path}: --metrics-file needs a file in a folder that exists "
                     "and can be written to")
        environment.events.quit.add_listener(lambda **_: _write(path, runner))
    if options.metrics_port:
        _listen(options.metrics_host, options.metrics_port, runner)


def on_request(request_type: str, name: str, response_time: float | None = None,
               exception: BaseException | None = None, context: Any = None, response: Any = None,
               **_: Any) -> None:
    if response_time is not None:
        metrics.record(request_type, name, response_time / 1000,
                       context.get("lateness", 0.0) if context else 0.0)
    if exception:
        metrics.record_failure(request_type, name, _kind(response))


def _kind(response: Any) -> str:
    status = getattr(response, "status_code", None)
    if not status:
        return "no_answer"
    return "content" if 200 <= status < 300 else "status"


def _add_to_report(client_id: str, data: dict[str, Any]) -> None:
    data[REPORT] = metrics.take() | {"processor_time": [time.time(), time.process_time()]}


def _merge_from(master: MasterRunner) -> Callable[..., None]:
    def merge(client_id: str, data: dict[str, Any]) -> None:
        report = data.get(REPORT)
        if report is not None:
            metrics.merge(report)
            worker = f"worker-{master.get_worker_index(client_id)}"
            metrics.processor_times[worker] = tuple(report["processor_time"])
    return merge


def processor_times(runner: Runner) -> dict[str, tuple[float, float]]:
    """As ClientMetrics has them, this process's of now."""
    process = "master" if isinstance(runner, MasterRunner) else "local"
    metrics.processor_times[process] = time.time(), time.process_time()
    return dict(metrics.processor_times)


def exposition(runner: Runner) -> str:
    processor_times(runner)
    running = (runner.reported_user_classes_count if isinstance(runner, MasterRunner)
               else runner.user_classes_count)
    return metrics.render({user.__name__: running.get(user.__name__, 0)
                           for user in runner.user_classes})


def _listen(host: str, port: int, runner: Runner) -> None:
    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/metrics":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"/metrics is all there is\n"]
        start_response("200 OK", [("Content-Type", CONTENT_TYPE)])
        return [exposition(runner).encode()]

    host = "" if host == "*" else host
    server = pywsgi.WSGIServer((host, port), serve, log=None)
    try:
        server.start()
    except OSError as error:
        # gevent has put the address behind the reason.
        reason = str(error.strerror).partition(": (")[0]
        _give_up(f"cannot serve metrics on {host or '*'}:{port}: {reason}; choose another "
                 "--metrics-port or --metrics-host, or port 0 to serve none")
    logger.info("Serving metrics at http://%s:%d/metrics", host or "0.0.0.0", port)


def _write(path: Path, runner: Runner) -> None:
    """Whole or not at all: a reader may be waiting for the file."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(exposition(runner), encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        _give_up(f"cannot write {path}: {error.strerror}")


def _give_up(why: str) -> None:
    logger.error(why)
    # Forked workers (--processes) would look for this master for minutes.
    for child in psutil.Process().children():
        child.terminate()
    sys.exit(1)
