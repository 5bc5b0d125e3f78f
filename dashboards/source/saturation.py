"""Saturation: which resource runs out first."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from source import slo
from source.panels import (SELECTOR, Line, Query, graph, new_dashboard, quantile, quantiles, rate,
                           row, single)

PROCESSOR = "rate(process_cpu_seconds_total{%s}[$__rate_interval])" % SELECTOR
INSTANCE = "{{instance}}"
THROTTLED = ("rate(productd_cpu_throttled_periods_total{%s}[$__rate_interval]) / "
             "rate(productd_cpu_periods_total{%s}[$__rate_interval])" % (SELECTOR, SELECTOR))


def gauge(name: str) -> str:
    return f"{name}{{{SELECTOR}}}"


def dashboard() -> Dashboard:
    stored_share = f"{gauge('productd_stored_bytes')} / {gauge('productd_max_stored_bytes')}"
    board = new_dashboard(
        "productd-saturation", "Saturation",
        "Processor, event loops, queue, connections, memory and disk: how near each is to its "
        "limit, and which one is first.")
    board.with_row(row("Golden signals"))
    board.with_panel(single(
        "Processor: how many cores are used?", "By all instances together.",
        "short", [Query(f"sum({PROCESSOR})", "cores")], width=4, decimals=2))
    board.with_panel(single(
        "Event loops: how late is a worker?",
        "p99 of how late a worker is for its tick of 100 ms.",
        "s", [Query(quantile(0.99, "productd_event_loop_lag_seconds"), "p99")], width=4,
        lines=[Line(0.01, "orange"), Line(0.05)]))
    board.with_panel(single(
        "Queue: how full is the fullest?",
        "Of commit.max_queue_changes. At all of them, writes are answered 503.",
        "percentunit", [Query(f"max({gauge('productd_commit_queue_depth')} / "
                              f"{gauge('productd_max_commit_queue_depth')})",
                              "of the limit")], width=4,
        lines=[Line(0.5, "orange"), Line(0.8)]))
    board.with_panel(single(
        "Connections: how near is the limit?",
        "Of http.max_connections, the instance that is nearest.",
        "percentunit", [Query(f"max({gauge('productd_connections')} / "
                              f"{gauge('productd_max_connections')})",
                              "of the limit")], width=4, lines=[Line(0.7, "orange"), Line(0.9)]))
    board.with_panel(single(
        "Memory: how much is resident?",
        "Of the largest instance. Pages of the data file that were touched count, and are given "
        "back under pressure.",
        "bytes", [Query(f"max({gauge('process_resident_memory_bytes')})", "resident")], width=4))
    board.with_panel(single(
        "Disk: how full is the data file?", "Of storage.max_data_bytes, the fullest instance.",
        "percentunit", [Query(f"max({stored_share})", "of the limit")], width=4,
        lines=[Line(0.7, "orange"), Line(0.9)]))

    board.with_row(row("Processor"))
    board.with_panel(graph(
        "How many cores does each instance use?",
        "User and system time. Flat at the container's limit: look at throttling.",
        "short", [Query(PROCESSOR, INSTANCE)], width=8))
    board.with_panel(graph(
        "Is it throttled?",
        "The share of the scheduler's periods in which a CPU limit stopped the process. Each is "
        "up to 100 ms in which nothing is answered: the tail, whatever the average says. Empty "
        "outside of a container.",
        "percentunit", [Query(THROTTLED, INSTANCE)], width=8, lines=[Line(0.25)]))
    board.with_panel(graph(
        "How long is it stopped by a CPU limit?",
        "Seconds a second, over all threads. Empty outside of a container.",
        "short", [Query("rate(productd_cpu_throttled_seconds_total{%s}[$__rate_interval])"
                        % SELECTOR, INSTANCE)], width=8))
    board.with_panel(graph(
        "How late are the event loops?",
        "How late workers are for their tick of 100 ms. A request that comes meanwhile waits as "
        "long before it is read, and its measured duration does not show that.",
        "s", quantiles("productd_event_loop_lag_seconds"), log=True))
    board.with_panel(graph(
        "Which worker is late?",
        "p99 by worker. One alone: a few busy connections share it. All: not enough processor.",
        "s", [Query(quantile(0.99, "productd_event_loop_lag_seconds", by="worker"),
                    "worker {{worker}}")], log=True))

    board.with_row(row("Requests and connections"))
    board.with_panel(graph(
        "How many requests are under way?", "Begun and not yet answered.",
        "short", [Query(gauge("http_requests_in_flight"), INSTANCE)], width=8))
    board.with_panel(graph(
        "How many connections are open?",
        "Beside http.max_connections.",
        "short", [Query(gauge("productd_connections"), INSTANCE),
                  Query(f"min({gauge('productd_max_connections')})", "limit")],
        width=8))
    board.with_panel(graph(
        "Which limits turn clients away?",
        "Requests refused for want of room, and connections over http.max_connections.",
        "reqps", [Query(rate("productd_requests_refused_total",
                             'reason=~"queue_full|queue_age|table_full|background_full|'
                             'batch_streams"', "reason"), "{{reason}}"),
                  Query(rate("productd_connections_total", 'outcome="refused"'), "connections")],
        width=8))
    board.with_panel(graph(
        "How near is the limit of descriptors?",
        "Open ones as a share of what the process may open. At 1 no connection is accepted.",
        "percentunit", [Query(f"{gauge('process_open_fds')} / {gauge('process_max_fds')}",
                              INSTANCE)], width=8, lines=[Line(0.9)]))
    board.with_panel(graph(
        "How much goes over the network?", "Of HTTP, received and sent.",
        "Bps", [Query(rate("productd_received_bytes_total"), "received"),
                Query(rate("productd_sent_bytes_total"), "sent")], width=8))
    board.with_panel(graph(
        "Are log lines lost?",
        "Lines that standard error did not take: whoever reads it is too slow.",
        "short", [Query("rate(productd_log_lines_dropped_total{%s}[$__rate_interval])" % SELECTOR,
                        INSTANCE)], width=8))

    board.with_row(row("Queue"))
    board.with_panel(graph(
        "How many changes wait for a commit?",
        "Beside commit.max_queue_changes, beyond which writes are answered 503.",
        "short", [Query(gauge("productd_commit_queue_depth"), INSTANCE),
                  Query(f"min({gauge('productd_max_commit_queue_depth')})", "limit")]))
    board.with_panel(graph(
        "How long has the oldest change waited?",
        "When its commit begins. The line is commit.max_queue_age_ms at its default: beyond, "
        "writes are answered 503.",
        "s", quantiles("productd_commit_queue_wait_seconds"),
        lines=[Line(slo.MAX_QUEUE_AGE_SECONDS)], log=True))

    board.with_row(row("Memory and disk"))
    board.with_panel(graph(
        "Where is the memory?",
        "Resident, and the part that products take. The table's limit is "
        "storage.max_table_bytes.",
        "bytes", [Query(gauge("process_resident_memory_bytes"), "resident {{instance}}"),
                  Query(gauge("productd_table_bytes"), "products {{instance}}")], width=8))
    board.with_panel(graph(
        "How slow is the disk?",
        "Time the engine took for one commit: two flushes and what they write.",
        "s", quantiles("productd_commit_duration_seconds"), width=8, log=True))
    board.with_panel(graph(
        "Is the volume filling up?",
        "Free bytes of the volume, as the kubelet or node_exporter tells them. Matched by name: "
        "claims and mount points with productd in it.",
        "bytes", [Query('kubelet_volume_stats_available_bytes{namespace=~"$namespace",'
                        'persistentvolumeclaim=~".*productd.*"}', "{{persistentvolumeclaim}}"),
                  Query('node_filesystem_avail_bytes{mountpoint=~".*productd.*"}',
                        "{{instance}} {{mountpoint}}")], width=8))
    return board
