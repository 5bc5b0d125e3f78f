"""Catalogue and storage: what is kept, what writing costs, and whether there is a backup."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from source import slo
from source.panels import (SELECTOR, Line, Query, graph, heat, mean, new_dashboard, quantile,
                           quantiles, rate, row, single)

INSTANCE = "{{instance}}"
REQUESTS = "http_request_duration_seconds"
CHANGES = f'method=~"POST|DELETE",{slo.PRODUCT_ROUTES}'


def gauge(name: str) -> str:
    return f"{name}{{{SELECTOR}}}"


def dashboard() -> Dashboard:
    last_backup = gauge("productd_backup_last_success_timestamp_seconds")
    board = new_dashboard(
        "productd-storage", "Catalogue and storage",
        "How many products there are and what they take, what a commit costs, whether writes are "
        "taken, and how old the backup is.")
    board.with_row(row("Golden signals"))
    board.with_panel(single(
        "Traffic: how many changes are asked for?",
        "Upserts, deletes and batches a second; a batch is one, however many products it has.",
        "reqps", [Query(rate(f"{REQUESTS}_count", CHANGES), "changes")], width=4))
    board.with_panel(single(
        "Errors: do commits fail?",
        "Commits a second that the engine did not make. docs/runbook.md says what to do.",
        "cps", [Query(rate("productd_commit_failures_total"), "failures")], width=4,
        lines=[Line(1e-9)]))
    board.with_panel(single(
        "Latency: how long does a commit take?", "p99, as the engine measured it: the disk.",
        "s", [Query(quantile(0.99, "productd_commit_duration_seconds"), "p99")], width=4,
        lines=[Line(0.05, "orange"), Line(float(slo.WRITE_THRESHOLD))]))
    board.with_panel(single(
        "Saturation: how many changes wait?", "In the queue in front of the engine.",
        "short", [Query(f"max({gauge('productd_commit_queue_depth')})", "waiting")], width=4))
    board.with_panel(single(
        "Are writes stopped?",
        "1: the disk has answered with an error, and no write is taken until a restart.",
        "short", [Query(f"max({gauge('productd_writes_stopped')})", "stopped")], width=4,
        lines=[Line(1)]))
    board.with_panel(single(
        "How old is the newest backup?",
        "Since the last one that ended well in this process; since 1970 when there was none.",
        "s", [Query(f"time() - max({last_backup})", "age")], width=4,
        lines=[Line(26 * 3600)]))

    board.with_row(row("Catalogue"))
    board.with_panel(graph(
        "How many products are there?", "Instances of one catalogue should agree.",
        "short", [Query(gauge("productd_products"), INSTANCE)], width=8))
    board.with_panel(graph(
        "How much memory does a product take?",
        "The table's bytes by its products. It rises for ids that lie far apart.",
        "bytes", [Query(f"{gauge('productd_table_bytes')} / {gauge('productd_products')}",
                        INSTANCE)], width=8))
    board.with_panel(graph(
        "What runs since when?", "Seconds since the start, by version and engine.",
        "s", [Query(f"time() - {gauge('process_start_time_seconds')} + on (namespace, job, "
                    "instance) group_left (version, commit, engine) 0 * "
                    f"{gauge('productd_build_info')}",
                    "{{instance}} {{version}} {{commit}} {{engine}}")], width=8))

    board.with_row(row("Writes"))
    board.with_panel(graph(
        "What is asked, and how is it answered?", "Changes by method, route and status.",
        "reqps", [Query(rate(f"{REQUESTS}_count", CHANGES, "method, route, code"),
                        "{{method}} {{route}} {{code}}")], width=8))
    board.with_panel(graph(
        "How many commits are made, how many changes do they hold?",
        "Changes a second by commits a second is the size of a commit: the busier, the larger.",
        "cps", [Query(rate("productd_commit_batch_size_count"), "commits"),
                Query(rate("productd_commit_batch_size_sum"), "changes")], width=8))
    board.with_panel(graph(
        "How large are commits?", "Changes in one commit: their mean, and p50 and p99.",
        "short", [Query(mean("productd_commit_batch_size"), "mean"),
                  Query(quantile(0.5, "productd_commit_batch_size"), "p50"),
                  Query(quantile(0.99, "productd_commit_batch_size"), "p99")], width=8))
    board.with_panel(graph(
        "How long does the engine take for a commit?",
        "Two flushes and what they write. Steady steps up: a volume out of its burst credit.",
        "s", [*quantiles("productd_commit_duration_seconds"),
              Query(quantile(0.99, "productd_commit_sync_seconds"), "p99 of the medium's part")],
        log=True))
    board.with_panel(graph(
        "How long does a change wait for its commit to begin?",
        "The oldest of each commit. Long waits before short commits: the writer thread gets no "
        "processor.",
        "s", quantiles("productd_commit_queue_wait_seconds"), log=True))
    board.with_panel(heat(
        "How are commits spread?", "Commits a second in each bucket of duration.",
        rate("productd_commit_duration_seconds_bucket", by="le")))
    board.with_panel(graph(
        "Do commits fail?",
        "A failure is answered 503. The log says whether writes go on (a full disk) or are "
        "stopped (a broken one).",
        "cps", [Query("rate(productd_commit_failures_total{%s}[$__rate_interval])" % SELECTOR,
                      INSTANCE)]))

    board.with_row(row("Disk"))
    board.with_panel(graph(
        "How large is the data file?",
        "It does not shrink when products are deleted: their pages are for later writes.",
        "bytes", [Query(gauge("productd_stored_bytes"), INSTANCE)], width=8))
    board.with_panel(graph(
        "How full is it?", "Of storage.max_data_bytes. At 1, writes are answered 503.",
        "percentunit", [Query(f"{gauge('productd_stored_bytes')} / "
                              f"{gauge('productd_max_stored_bytes')}", INSTANCE)], width=8,
        lines=[Line(0.9)]))
    board.with_panel(graph(
        "How much is committed?", "Bytes of products, as on the wire; the disk writes whole pages.",
        "Bps", [Query(rate("productd_commit_bytes_total"), "committed")], width=8))

    board.with_row(row("Backup"))
    board.with_panel(graph(
        "When did backups run, and did they fail?",
        "1 while one is made; failures since the start of the range.",
        "short", [Query(gauge("productd_backup_running"), "running {{instance}}"),
                  Query("increase(productd_backup_failures_total{%s}[$__range])" % SELECTOR,
                        "failures {{instance}}")], width=8))
    board.with_panel(graph(
        "How long did the last backup take?",
        "The data file cannot reuse space meanwhile. storage.backup_timeout_ms ends it.",
        "s", [Query(gauge("productd_backup_last_duration_seconds"), INSTANCE)], width=8))
    board.with_panel(graph(
        "How large is the last backup?", "As a file: compact, so smaller than the data file.",
        "bytes", [Query(gauge("productd_backup_last_bytes"), INSTANCE)], width=8))
    return board
