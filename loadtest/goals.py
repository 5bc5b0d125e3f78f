"""What is measured against a goal, and the goals. They are ratios, but for what no peer does."""

from __future__ import annotations

from report import megabytes

IDLE_CONNECTIONS = 10_000
MANY_PRODUCTS = 1_000_000
LARGE_PRODUCTS = 10_000_000
SMALL_PRODUCTS = 1000

THROUGHPUT_TO_GO = 1.8
CPU_TO_EPOLL = 1.3
IDLE_BYTES = 40e6
START_SECONDS = 0.1
RSS_TO_JSON = 1.6
UPSERTS_PER_SECOND = 1000
UPSERT_TO_FDATASYNC = 3.0
BATCH_SECONDS = 5.0
LOAD_SECONDS = 1.0
READS_BESIDE_WRITES = 1.2
LARGE_TO_SMALL = 1.1
SCRAPE_SECONDS = 0.005
READS_BESIDE_SCRAPES = 1.1

#: Figure and goal, in the order of the report, by what the parts of the bench call it.
GOALS = {
    "throughput": ("GET requests/s, 64 connections", f">= {THROUGHPUT_TO_GO} x Go's"),
    "cpu": ("CPU per GET, 64 connections", f"<= {CPU_TO_EPOLL} x the epoll responder's"),
    "start": ("start to ready", f"< {START_SECONDS * 1000:.0f} ms"),
    "idle": (f"RSS of {IDLE_CONNECTIONS:,} idle connections", f"< {megabytes(IDLE_BYTES)}"),
    "memory": (f"RSS after {MANY_PRODUCTS:,} products, memory", f"<= {RSS_TO_JSON} x their JSON"),
    "upsert": (f"p99 of {UPSERTS_PER_SECOND:,} upserts/s, lmdb",
               f"<= {UPSERT_TO_FDATASYNC:.0f} x the p99 of the device's fdatasync"),
    "batch": (f"{MANY_PRODUCTS:,} products by one batch, lmdb", f"< {BATCH_SECONDS:.0f} s"),
    "lmdb memory": (f"RSS with {MANY_PRODUCTS:,} products, lmdb",
                    f"<= {RSS_TO_JSON} x their JSON, seeded and restarted"),
    "load": (f"start to ready with {MANY_PRODUCTS:,} products on the device, lmdb",
             f"< {LOAD_SECONDS:.0f} s"),
    "mix": ("p99 of reads with 10 % writes, lmdb",
            f"< {READS_BESIDE_WRITES:.1f} x that of the same reads alone"),
    "large": (f"p50 and p99 of GET at {LARGE_PRODUCTS:,} products",
              f"<= {LARGE_TO_SMALL} x those at {SMALL_PRODUCTS:,}"),
    "scrape": ("CPU of a scrape of every series", f"< {SCRAPE_SECONDS * 1000:.0f} ms"),
    "scrape p99": ("p99 of reads beside a scrape a second",
                   f"<= {READS_BESIDE_SCRAPES} x that of the same reads alone"),
}
