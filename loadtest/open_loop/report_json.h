#pragma once

#include <chrono>
#include <string>

#include "loadtest/open_loop/http_load.h"
#include "loadtest/open_loop/sync_probe.h"

namespace products::open_loop {

/// One JSON object in one line, its numbers of latency in microseconds. "problems" says in
/// sentences why the figures are not those of the schedule: requests unanswered or answered
/// wrongly, a run that fell behind, a generator that was late by itself; "kept_rate" is false for
/// the first and the third of these.
std::string RenderReport(const LoadOptions& options, const LoadReport& report);
std::string RenderReport(const SyncProbeOptions& options, const SyncProbeReport& report);

/// How far behind its schedule a run may end and still have kept its rate: the backlog of a moment,
/// which is no sign that it grows.
std::chrono::nanoseconds AllowedBehind(std::chrono::nanoseconds duration);

}  // namespace products::open_loop
