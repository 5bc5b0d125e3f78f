"""Recording rules of the objectives, and the alerts.

Each alert has a section of its name in docs/runbook.md. `critical` is for waking somebody,
`warning` for the next working day.
"""

from __future__ import annotations

import json
from typing import NamedTuple, Optional

from source import slo
from source.slo import JOB

RUNBOOK = "docs/runbook.md"
PAGE = "critical"
TICKET = "warning"

HEADER = """\
# Written by dashboards/generate.py; change dashboards/source/ instead.
# Every target whose job has productd in its name is meant: {job}.
groups:
"""


class Record(NamedTuple):
    name: str
    labels: dict[str, str]
    expr: str


class Alert(NamedTuple):
    name: str
    severity: str
    #: How long it must hold; None for at once.
    lasting: Optional[str]
    expr: str
    summary: str
    description: str


class Group(NamedTuple):
    name: str
    rules: list


def _recorded() -> list[Group]:
    groups = []
    for objective in slo.OBJECTIVES:
        labels = {"slo": objective.name}
        bad, total = slo.requests(objective, "5m")
        rules = [Record("job:productd_slo_requests:rate5m", labels, total),
                 Record("job:productd_slo_bad_requests:rate5m", labels, bad)]
        for window in slo.BURN_WINDOWS:
            bad, total = slo.requests(objective, window)
            rules.append(Record(f"job:productd_slo_burn:rate{window}", labels,
                                f"{bad}\n/\n{total}\n/\n{1 - objective.target:.6g}"))
        groups.append(Group(f"productd-slo-{objective.name}", rules))
    return groups


def _burns(objective: slo.Objective, burns: tuple[slo.Burn, ...]) -> str:
    which = f'{{slo="{objective.name}"}}'
    return "\nor\n".join(
        f"(\n  job:productd_slo_burn:rate{burn.short}{which} > {burn.factor:g}\n  and\n"
        f"  job:productd_slo_burn:rate{burn.long}{which} > {burn.factor:g}\n)" for burn in burns)


def _objectives() -> list[Alert]:
    alerts = []
    for objective in slo.OBJECTIVES:
        met = f"{objective.target * 100:g} % of {objective.says}"
        alerts.append(Alert(
            f"Productd{objective.alert}BurnsFast", PAGE, "2m", _burns(objective, slo.PAGES),
            f"{objective.title} of {{{{ $labels.namespace }}}}/{{{{ $labels.job }}}}: the error "
            "budget will be gone within days",
            f"The objective is {met} over {slo.WINDOW_DAYS} days. Now the budget burns "
            "{{ $value | humanize }} times as fast as it may."))
        alerts.append(Alert(
            f"Productd{objective.alert}BurnsSlowly", TICKET, "15m", _burns(objective, slo.TICKETS),
            f"{objective.title} of {{{{ $labels.namespace }}}}/{{{{ $labels.job }}}}: the error "
            "budget will not last",
            f"The objective is {met} over {slo.WINDOW_DAYS} days. Over hours the budget has burned "
            "{{ $value | humanize }} times as fast as it may."))
    return alerts


def _presence() -> list[Alert]:
    return [
        Alert("ProductdScrapeFails", PAGE, "5m", f"up{{{JOB}}} == 0",
              "{{ $labels.instance }} is not scraped",
              "Prometheus gets no metrics from {{ $labels.namespace }}/{{ $labels.instance }}: the "
              "process is gone, does not answer, or the way to it is closed."),
        Alert("ProductdAbsent", PAGE, "10m", f"absent(up{{{JOB}}})",
              "No productd is known to Prometheus",
              "There is no target whose job has productd in its name: nothing runs, or nothing "
              "is looked for. The other alerts are blind meanwhile."),
        Alert("ProductdRestarts", TICKET, None,
              f"changes(process_start_time_seconds{{{JOB}}}[1h]) > 2",
              "{{ $labels.instance }} starts again and again",
              "{{ $labels.namespace }}/{{ $labels.instance }} has started "
              "{{ $value | humanize }} times within an hour."),
    ]


def _saturation() -> list[Alert]:
    return [
        Alert("ProductdCpuThrottled", TICKET, "15m",
              f"rate(productd_cpu_throttled_periods_total{{{JOB}}}[10m])\n/\n"
              f"rate(productd_cpu_periods_total{{{JOB}}}[10m])\n> 0.25",
              "{{ $labels.instance }} is stopped by its CPU limit",
              "In {{ $value | humanizePercentage }} of the scheduler's periods "
              "{{ $labels.namespace }}/{{ $labels.instance }} had to stop for the rest of them."),
        Alert("ProductdEventLoopLags", TICKET, "10m",
              "histogram_quantile(0.99, sum by (namespace, job, instance, le) (\n"
              f"  rate(productd_event_loop_lag_seconds_bucket{{{JOB}}}[10m])))\n> 0.05",
              "The event loops of {{ $labels.instance }} are late",
              "One tick in a hundred of {{ $labels.namespace }}/{{ $labels.instance }} comes "
              "{{ $value | humanizeDuration }} late or later; requests wait as long unmeasured."),
        Alert("ProductdConnectionsNearLimit", TICKET, "5m",
              f"productd_connections{{{JOB}}} / productd_max_connections{{{JOB}}} > 0.9",
              "{{ $labels.instance }} has nearly all connections it may have",
              "{{ $value | humanizePercentage }} of http.max_connections are open; beyond it clients "
              "are turned away."),
        Alert("ProductdConnectionsTurnedAway", TICKET, "5m",
              f'increase(productd_connections_total{{{JOB},outcome="refused"}}[5m]) > 0',
              "{{ $labels.instance }} turns clients away",
              "{{ $value | humanize }} connections within 5 minutes were over "
              "http.max_connections, and were answered 503 at once."),
        Alert("ProductdDescriptorsNearLimit", TICKET, "5m",
              f"process_open_fds{{{JOB}}} / process_max_fds{{{JOB}}} > 0.9",
              "{{ $labels.instance }} has nearly no descriptors left",
              "{{ $value | humanizePercentage }} are open; without one no connection is accepted."),
        Alert("ProductdMemoryNearLimit", TICKET, "15m",
              'max by (namespace, pod) (container_memory_working_set_bytes{container="productd"})'
              "\n/\nmax by (namespace, pod) (\n"
              '  kube_pod_container_resource_limits{container="productd",resource="memory"})\n'
              "> 0.9",
              "{{ $labels.pod }} has nearly all memory it may have",
              "The working set is {{ $value | humanizePercentage }} of the limit, at which the "
              "kernel kills the process."),
        Alert("ProductdTableFull", TICKET, None,
              f'increase(productd_requests_refused_total{{{JOB},reason="table_full"}}[10m]) > 0',
              "{{ $labels.instance }} has no memory for more products",
              "{{ $value | humanize }} writes within 10 minutes were refused for "
              "storage.max_table_bytes. Reads go on."),
        Alert("ProductdLogLinesDropped", TICKET, "10m",
              f"increase(productd_log_lines_dropped_total{{{JOB}}}[10m]) > 0",
              "{{ $labels.instance }} loses log lines",
              "Standard error did not take {{ $value | humanize }} lines within 10 minutes."),
        Alert("ProductdCommitQueueNearLimit", PAGE, "2m",
              f"productd_commit_queue_depth{{{JOB}}} / productd_max_commit_queue_depth{{{JOB}}} > 0.8",
              "{{ $labels.instance }} will soon refuse writes",
              "The queue of commits has {{ $value | humanizePercentage }} of "
              "commit.max_queue_changes; at all of them writes are answered 503."),
        Alert("ProductdCommitQueueSlow", TICKET, "5m",
              "histogram_quantile(0.99, sum by (namespace, job, instance, le) (\n"
              f"  rate(productd_commit_queue_wait_seconds_bucket{{{JOB}}}[5m])))\n"
              f"> {slo.MAX_QUEUE_AGE_SECONDS / 2:g}",
              "Writes to {{ $labels.instance }} wait long for their commit",
              "The oldest change waits {{ $value | humanizeDuration }}; at "
              f"commit.max_queue_age_ms (default {slo.MAX_QUEUE_AGE_SECONDS} s) writes are "
              "answered 503."),
        Alert("ProductdWritesRefused", TICKET, "5m",
              "sum by (namespace, job, instance) (increase(\n  productd_requests_refused_total"
              f'{{{JOB},reason=~"queue_full|queue_age|batch_streams"}}[5m]))\n> 0',
              "{{ $labels.instance }} refuses writes",
              "{{ $value | humanize }} writes within 5 minutes were answered 503, because the "
              "commit queue or the room for batches was full."),
    ]


def _storage() -> list[Alert]:
    share = f"productd_stored_bytes{{{JOB}}} / productd_max_stored_bytes{{{JOB}}}"
    day = 86400
    backup_age = 26 * 3600
    volumes = []
    for free, size, which in (
            ("kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes",
             'persistentvolumeclaim=~".*productd.*"'),
            ("node_filesystem_avail_bytes", "node_filesystem_size_bytes",
             'mountpoint=~".*productd.*"')):
        volumes.append(f"(\n  {free}{{{which}}} / {size}{{{which}}} < 0.4\n  and\n"
                       f"  predict_linear({free}{{{which}}}[6h], {4 * day}) < 0\n)")
    return [
        Alert("ProductdWritesStopped", PAGE, None, f"productd_writes_stopped{{{JOB}}} == 1",
              "{{ $labels.instance }} takes no more writes",
              "The disk of {{ $labels.namespace }}/{{ $labels.instance }} has answered with an "
              "error. Reads go on, readiness fails; only a restart on a sound disk ends this."),
        Alert("ProductdCommitFailures", PAGE, None,
              f"increase(productd_commit_failures_total{{{JOB}}}[10m]) > 0",
              "{{ $labels.instance }} cannot commit",
              "{{ $value | humanize }} commits within 10 minutes failed; what was in them was "
              "answered 503. Most often the disk is full."),
        Alert("ProductdDataFileNearLimit", PAGE, "15m", f"{share} > 0.9",
              "The data file of {{ $labels.instance }} is nearly as large as it may be",
              "It has {{ $value | humanizePercentage }} of storage.max_data_bytes; at the limit "
              "writes are answered 503."),
        Alert("ProductdDataFileFillsSoon", TICKET, "1h",
              f"{share} > 0.5\nand\n"
              f"predict_linear(productd_stored_bytes{{{JOB}}}[6h], {4 * day})\n> "
              f"productd_max_stored_bytes{{{JOB}}}",
              "The data file of {{ $labels.instance }} will be full within four days",
              "It has {{ $value | humanizePercentage }} of storage.max_data_bytes and has grown "
              "for six hours at a rate that reaches the limit within four days."),
        Alert("ProductdVolumeFillsSoon", TICKET, "1h", "\nor\n".join(volumes),
              "A volume of productd will be full within four days",
              "{{ $value | humanizePercentage }} are left of {{ $labels.persistentvolumeclaim }}"
              "{{ $labels.mountpoint }}, and at the rate of the last six hours nothing will be."),
        Alert("ProductdBackupTooOld", TICKET, "1h",
              "time() - max by (namespace, job) (\n  max_over_time("
              f"productd_backup_last_success_timestamp_seconds{{{JOB}}}[3d]))\n> {backup_age}\n"
              # A service younger than that cannot have a backup so old.
              "and on (namespace, job) time() - min by (namespace, job) (\n"
              f"  min_over_time(process_start_time_seconds{{{JOB}}}[3d]))\n> {backup_age}\n"
              # The memory engine stores nothing.
              f"and on (namespace, job) max by (namespace, job) (productd_stored_bytes{{{JOB}}})\n"
              "> 0",
              "{{ $labels.namespace }}/{{ $labels.job }} has no backup of the last 26 hours",
              "The last one that ended well is {{ $value | humanizeDuration }} old; some fifty "
              "years mean that there was none within three days."),
        Alert("ProductdBackupFails", TICKET, None,
              f"increase(productd_backup_failures_total{{{JOB}}}[1h]) > 0",
              "A backup of {{ $labels.instance }} was not finished",
              "{{ $value | humanize }} backups within an hour began and did not end well. The "
              "log says why."),
    ]


def alert_groups() -> list[Group]:
    return [Group("productd-slo-alerts", _objectives()), Group("productd-presence", _presence()),
            Group("productd-saturation", _saturation()), Group("productd-storage", _storage())]


def _render(groups: list[Group]) -> str:
    # A JSON string is a YAML string.
    quoted = lambda text: json.dumps(text, ensure_ascii=False)
    lines = [HEADER.format(job=JOB).rstrip("\n")]
    for group in groups:
        lines += [f"  - name: {group.name}", "    rules:"]
        for rule in group.rules:
            kind = "record" if isinstance(rule, Record) else "alert"
            lines += [f"      - {kind}: {rule.name}", "        expr: |-"]
            lines += [f"          {line}" for line in rule.expr.splitlines()]
            labels = rule.labels if isinstance(rule, Record) else {"severity": rule.severity}
            if isinstance(rule, Alert) and rule.lasting:
                lines.append(f"        for: {rule.lasting}")
            lines.append("        labels:")
            lines += [f"          {name}: {value}" for name, value in labels.items()]
            if isinstance(rule, Alert):
                lines += ["        annotations:", f"          summary: {quoted(rule.summary)}",
                          f"          description: {quoted(rule.description)}",
                          f"          runbook_url: {quoted(f'{RUNBOOK}#{rule.name.lower()}')}"]
    return "\n".join(lines) + "\n"


def files() -> dict[str, str]:
    return {"productd-recording.yaml": _render(_recorded()),
            "productd-alerts.yaml": _render(alert_groups())}
