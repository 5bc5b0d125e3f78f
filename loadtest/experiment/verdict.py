"""Whose the tail of a run is, by a written rule; docs/experiment/README.md has its reasons."""

from __future__ import annotations

import enum
from dataclasses import dataclass

#: Requests beyond a quantile that it takes to speak of it.
LEAST_BEYOND = 10
QUANTILES = (0.99, 0.95)
SERVER_SHARE = 0.5
LATE_SHARE = 0.25
#: From here on a sentence says that the load generator had to wait for its processor.
WAITED_SHARE = 0.05
#: A request waits for a busy loop as long as that has no break, so half the tail needs a stretch
#: of half its length.
STRETCH_SHARE = 0.5
BUSY_SHARE = 0.5

RULE = f"""\
The tail is p99 of the GETs, counted from their intended start; p95 where fewer than \
{LEAST_BEYOND} GETs lie beyond p99. The first of these that holds says whose it is:

1. **too few requests**: fewer than {LEAST_BEYOND} lie beyond p95, too.
2. **server**: the server's own time at the same quantile, and the lag of its event loop there, \
which is what a request waits before it is read, are together at least half of it.
3. **load generator**, late to send: at least a quarter of it had passed when the request was \
sent. The loop that was late to send is as late to see the answer, so the quarter stands for a half.
4. **load generator**, out of processor: at least half of the slow GETs were answered in seconds \
in which Locust's event loop was busy without a break for at least half as long as the tail. Slow \
are those from the tail's bucket on; busy is a loop that ran, or waited for the processor, in 90% \
or more of each 20 ms.
5. **wire**: none of these. Sockets, kernel, scheduler, network.

Of a server that shows no histogram only 1 and 3 are asked; if neither holds it is **not told**."""


class Source(enum.Enum):
    TOO_FEW = "too few requests"
    SERVER = "server"
    LOAD_GENERATOR = "load generator"
    WIRE = "wire"
    NOT_TOLD = "not told"


@dataclass(frozen=True)
class Evidence:
    """What the rule looks at; seconds at the quantile that `tail_quantile` chose."""

    requests: int
    intended: float | None
    sent: float | None
    #: None for a server that shows no histogram.
    server: float | None
    lag: float | None
    #: Of the slow GETs, those answered in seconds with a stretch as in the rule; None if unknown.
    busy_share: float | None
    #: Of one core.
    cpu_mean: float | None
    cpu_worst: float | None
    #: Of the slow GETs, those answered in seconds in which users were still seeding.
    seeding_share: float | None
    #: Of the time, that in which the client would have run and had no processor.
    waited_share: float | None
    #: Of all processors of this machine, what neither side had.
    others_share: float


@dataclass(frozen=True)
class Verdict:
    source: Source
    sentence: str


def tail_quantile(requests: int) -> float | None:
    """The highest that enough requests lie beyond."""
    for quantile in QUANTILES:
        # The product is exact enough: 1000 requests have ten beyond p99.
        if round(requests * (1 - quantile), 6) >= LEAST_BEYOND:
            return quantile
    return None


def judge(evidence: Evidence) -> Verdict:
    quantile = tail_quantile(evidence.requests)
    if quantile is None or evidence.intended is None or evidence.sent is None:
        return Verdict(Source.TOO_FEW, f"Too few requests: of {evidence.requests} GETs fewer than "
                                       f"{LEAST_BEYOND} lie beyond p95.")
    name = f"p{quantile * 100:.0f}"
    late = max(0.0, evidence.intended - evidence.sent)
    seen = (f"GET {name} is {milliseconds(evidence.intended)} from the intended start, "
            f"{milliseconds(evidence.sent)} from the send")
    if evidence.server is not None:
        seen += f" and {milliseconds(evidence.server)} in the server"
        own = evidence.server + (evidence.lag or 0.0)
        if own >= SERVER_SHARE * evidence.intended:
            lag = (f" and {milliseconds(evidence.lag)} of lag before it reads"
                   if evidence.lag else "")
            return Verdict(Source.SERVER, f"Server: {seen}; {milliseconds(evidence.server)}{lag} "
                                          f"are {_share(own, evidence.intended)} of the tail."
                                          f"{_others_if_lagging(evidence)}")
    if late >= LATE_SHARE * evidence.intended:
        return Verdict(Source.LOAD_GENERATOR,
                       f"Load generator: {seen}; {_share(late, evidence.intended)} of it had "
                       f"passed before the send. {_busy(evidence)}")
    if evidence.server is None:
        return Verdict(Source.NOT_TOLD, f"Not told: {seen}, and the server shows no time of its "
                                        f"own. {_busy(evidence)}")
    if evidence.busy_share is not None and evidence.busy_share >= BUSY_SHARE:
        return Verdict(Source.LOAD_GENERATOR,
                       f"Load generator: {seen}, and it was out of processor. {_busy(evidence)}")
    return Verdict(Source.WIRE, f"Wire: {seen}, and neither the server nor a busy load generator "
                                f"accounts for the rest. {_busy(evidence)} Other programs had "
                                f"{evidence.others_share:.0%} of this machine.")


def milliseconds(seconds: float | None) -> str:
    """With three digits, "-" for what is not known."""
    if seconds is None:
        return "-"
    value = seconds * 1000
    if value >= 99.95:
        return f"{value:,.0f} ms"
    return f"{value:.1f} ms" if value >= 9.995 else f"{value:.2f} ms"


def _others_if_lagging(evidence: Evidence) -> str:
    """A thread that gets no processor lags, whoever has it."""
    if (evidence.lag or 0.0) <= (evidence.server or 0.0):
        return ""
    return f" Other programs had {evidence.others_share:.0%} of this machine."


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else "all"


def _busy(evidence: Evidence) -> str:
    if evidence.cpu_mean is None or evidence.cpu_worst is None:
        return "What processor time it had is not known."
    text = (f"Locust used {evidence.cpu_mean:.0%} of its core, {evidence.cpu_worst:.0%} in its "
            "worst second")
    if evidence.waited_share is not None and evidence.waited_share >= WAITED_SHARE:
        text += f", and waited for it {evidence.waited_share:.0%} of the time"
    if evidence.busy_share is not None:
        text += (f"; {evidence.busy_share:.0%} of the slow GETs fell in seconds in which its loop "
                 "had no break for half as long")
    if evidence.seeding_share is not None:
        text += f", {evidence.seeding_share:.0%} in seconds in which users seeded"
    return text + "."
