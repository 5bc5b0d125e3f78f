#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "loadtest/open_loop/latencies.h"
#include "loadtest/open_loop/schedule.h"

namespace products::open_loop {

struct SyncProbeOptions {
  /// Holds the probe's file meanwhile; on the device that is measured, and not on tmpfs.
  std::string directory;
  /// When a page is written, of GETs and POSTs alike.
  ScheduleOptions schedule;
  std::chrono::nanoseconds duration = std::chrono::seconds(10);
};

struct SyncProbeReport {
  /// Of pwrite and fdatasync, from call to return.
  Latencies durations;
  /// From when the write was due. One thread writes one page after the other, so this grows without
  /// bound where the device takes longer than the schedule has time.
  Latencies latencies;
  /// From due to begun, of the last write.
  std::chrono::nanoseconds behind{0};
};

/// What the device takes to keep 4 KiB: writes a page at a random place of a file that has all its
/// blocks already and fdatasyncs it, at the times of the schedule. kInvalidArgument on tmpfs.
Result<SyncProbeReport> RunSyncProbe(const SyncProbeOptions& options);

}  // namespace products::open_loop
