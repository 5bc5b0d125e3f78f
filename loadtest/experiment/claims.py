"""What the published experiment concluded, held against what was measured here."""

from __future__ import annotations

from typing import Any

from experiment.runs import Run
from experiment.summary import last_seconds
from experiment.verdict import BUSY_SHARE, Source, milliseconds

CONFIRMED, PARTLY, REFUTED, OPEN = "confirmed", "confirmed in part", "refuted", "not decided"
#: A closed loop of users that wait 1 to 3 s does this many requests a second for each user.
REQUESTS_BY_USER = 0.5
#: The service's own time takes a little of that, and the last seconds' count is of random waits.
LINEAR_TOLERANCE = 0.1
#: A tail that has not grown by this much is the same: one and a half buckets of a histogram.
GROWTH = 1.15

Summary = dict[str, Any]


def claims(summaries: list[Summary]) -> list[dict[str, str]]:
    """Claim, verdict and the numbers for it; nothing of runs that were not made."""
    if not summaries:
        return []
    return [_never_fails(summaries), _tail_is_the_clients(summaries),
            _fast_has_less(summaries), _linear(summaries)]


def _claim(text: str, verdict: str, numbers: str) -> dict[str, str]:
    return {"claim": text, "verdict": verdict, "numbers": numbers}


def _never_fails(summaries: list[Summary]) -> dict[str, str]:
    failures = sum(one["failures"] for one in summaries)
    requests = sum(int(one["locust"][f"{kind}_count"]) for one in summaries
                   for kind in ("get", "post", "seed"))
    return _claim("The server never fails.", REFUTED if failures else CONFIRMED,
                  f"{failures:,} of {requests:,} requests failed in {len(summaries)} runs.")


def _most_users(summaries: list[Summary]) -> list[Summary]:
    most = max(one["run"]["users"] for one in summaries)
    return [one for one in summaries if one["run"]["users"] == most]


def _tail_is_the_clients(summaries: list[Summary]) -> dict[str, str]:
    most = _most_users(summaries)
    text = (f"The tail at {most[0]['run']['users']} users is the load generator's processor, "
            "not the server.")
    sources = {one["tail"]["source"] for one in most}
    if sources == {Source.LOAD_GENERATOR.value}:
        # It may be late for another reason, such as the step of its timers.
        busy = all((one["tail"]["busy_share"] or 0) >= BUSY_SHARE for one in most)
        verdict = CONFIRMED if busy else PARTLY
    elif sources & {Source.SERVER.value, Source.WIRE.value}:
        verdict = REFUTED
    else:
        verdict = OPEN
    numbers = []
    for one in most:
        get = one["views"]["get"]
        line = (f"{_client(one)}: {one['tail']['source']}; GET p99 "
                f"{milliseconds(get['intended']['p99'])} from the intended start, "
                f"{milliseconds(get['sent']['p99'])} from the send, "
                f"{milliseconds(get['server']['p99'])} in the server")
        if one["client_cpu"]["mean"] is not None:
            line += (f"; Locust {one['client_cpu']['mean']:.0%} of its core and "
                     f"{one['client_cpu']['worst']:.0%} in its worst second")
        if one["server_cpu"]["mean"] is not None:
            line += f", the server {one['server_cpu']['mean']:.1%}"
        if one["tail"]["busy_share"] is not None:
            line += (f"; {one['tail']['busy_share']:.0%} of the slow GETs in seconds in which its "
                     "loop had no break for half as long")
        if one["tail"]["after_seed_p99"]:
            line += ("; once all had seeded, p99 from the intended start was "
                     f"{milliseconds(one['tail']['after_seed_p99']['intended'])}")
        numbers.append(line + ".")
    return _claim(text, verdict, " ".join(numbers))


def _fast_has_less(summaries: list[Summary]) -> dict[str, str]:
    text = "With FastHttpUser the tail is smaller."
    by_client = {one["run"]["client"]: one for one in _most_users(summaries)}
    if {"http", "fast"} - set(by_client):
        return _claim(text, OPEN, "Only one of both classes was run.")
    tails = {client: one["views"]["get"]["intended"] for client, one in by_client.items()}
    if any(one["tail"]["source"] == Source.TOO_FEW.value for one in by_client.values()):
        return _claim(text, OPEN, "A run has too few requests to speak of its tail.")
    smaller = all(tails["fast"][name] * GROWTH <= tails["http"][name] for name in ("p95", "p99"))
    larger = any(tails["fast"][name] > tails["http"][name] for name in ("p95", "p99"))
    numbers = [f"{_client(one)}: GET p95 {milliseconds(tails[client]['p95'])}, "
               f"p99 {milliseconds(tails[client]['p99'])} from the intended start"
               + (f", {one['client_cpu_by_request'] * 1e6:,.0f} µs of processor a request"
                  if one["client_cpu_by_request"] else "") + "."
               for client, one in by_client.items()]
    return _claim(text, CONFIRMED if smaller else REFUTED if larger else OPEN, " ".join(numbers))


def _linear(summaries: list[Summary]) -> dict[str, str]:
    text = "Requests a second are linear in users: each waits 1 to 3 s, so users / 2 s."
    rates = [(one, one["requests_per_second"] / one["run"]["users"] / REQUESTS_BY_USER)
             for one in summaries if one["requests_per_second"]]
    if not rates:
        return _claim(text, OPEN, "No rate was measured.")
    # The last seconds of a run in which users still seed are not what the claim is about.
    seeding = [one for one, _ in rates if (one["seeding_seconds"] or 0)
               > one["seconds"] - last_seconds(Run(**one["run"]))]
    off = [one for one, ratio in rates if abs(ratio - 1) > _tolerance(one)]
    numbers = ", ".join(f"{one['title']} {one['requests_per_second']:.1f} ({ratio:.2f} x)"
                        for one, ratio in rates) + "."
    if seeding:
        numbers += (" Still seeding in the seconds that were counted: "
                    + ", ".join(one["title"] for one in seeding) + ".")
    return _claim(text, OPEN if seeding else REFUTED if off else CONFIRMED, numbers)


def _tolerance(one: Summary) -> float:
    """Few users make a random rate: three standard deviations of a Poisson count."""
    expected = one["run"]["users"] * REQUESTS_BY_USER * last_seconds(Run(**one["run"]))
    return max(LINEAR_TOLERANCE, 3 / expected ** 0.5)


def _client(one: Summary) -> str:
    return "FastHttpUser" if one["run"]["client"] == "fast" else "HttpUser"
