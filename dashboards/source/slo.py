"""The objectives, and the figures that dashboards and alerts share."""

from __future__ import annotations

from typing import NamedTuple

# The one place that says which targets are productd's: the chart replaces this text in the rules.
JOB = 'job=~".*productd.*"'

# Both lie on a bucket boundary of http_request_duration_seconds, or the share of slow requests
# would be a guess. As `le` is printed.
READ_THRESHOLD = "0.01043"
WRITE_THRESHOLD = "0.1028"

WINDOW_DAYS = 30

# What an objective counts: requests for products. A batch and a stream last as long as their
# client takes, so they are in the availability only.
PRODUCT_ROUTES = 'route=~"/products.*"'
READS = 'method=~"GET|HEAD",route="/products/{productId}"'
WRITES = 'method=~"POST|DELETE",route=~"/products/{productId}(/details)?"'
FAILED = 'code=~"5.."'
# A failure is the availability's, however fast it was.
NOT_FAILED = 'code!~"5.."'


class Objective(NamedTuple):
    #: Label `slo` of what is recorded.
    name: str
    title: str
    #: Of all requests, this share is good.
    target: float
    #: In the names of alerts.
    alert: str
    says: str


OBJECTIVES = (
    Objective("availability", "Availability", 0.999, "Availability",
              "product requests that are not answered 5xx"),
    Objective("read-latency", "Read latency", 0.999, "ReadLatency",
              f"reads of one product that take at most {float(READ_THRESHOLD) * 1e3:g} ms"),
    Objective("write-latency", "Write latency", 0.99, "WriteLatency",
              f"upserts and deletes that take at most {float(WRITE_THRESHOLD) * 1e3:g} ms"),
)


class Burn(NamedTuple):
    """Alert when the budget burns this much faster than it may, over both windows."""

    short: str
    long: str
    factor: float


# Multi-window, multi-burn-rate for 30 days: 2 % of the budget in an hour, 5 % in six hours; then
# 10 % in one day and 10 % in three.
PAGES = (Burn("5m", "1h", 14.4), Burn("30m", "6h", 6))
TICKETS = (Burn("2h", "1d", 3), Burn("6h", "3d", 1))
BURN_WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")

# A default of packaging/productd.yaml that no metric tells.
MAX_QUEUE_AGE_SECONDS = 2


def requests(objective: Objective, window: str) -> tuple[str, str]:
    """The rates of bad and of all requests of an objective, a job each."""
    def rate(series: str, matchers: str) -> str:
        return (f"sum by (namespace, job) (rate(http_request_duration_seconds_{series}"
                f"{{{JOB},{matchers}}}[{window}]))")

    if objective.name == "availability":
        total = rate("count", PRODUCT_ROUTES)
        failed = rate("count", f"{PRODUCT_ROUTES},{FAILED}")
        # Without a failure there is no series of failures, and that is 0 and not "no data".
        return f"({failed} or 0 * {total})", total
    which, threshold = {"read-latency": (READS, READ_THRESHOLD),
                        "write-latency": (WRITES, WRITE_THRESHOLD)}[objective.name]
    total = rate("count", f"{which},{NOT_FAILED}")
    fast = rate("bucket", f'{which},{NOT_FAILED},le="{threshold}"')
    return f"({total} - {fast})", total
