#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "loadtest/open_loop/latencies.h"
#include "loadtest/open_loop/schedule.h"

namespace products::open_loop {

struct LoadOptions {
  std::string address = "127.0.0.1";  ///< IPv4
  std::uint16_t port = 0;
  /// Kept alive, one request at a time on each. A request that finds none free waits for one, and
  /// the wait is part of its latency.
  std::size_t connections = 64;
  ScheduleOptions schedule;
  /// What is due before this is sent and not counted.
  std::chrono::nanoseconds warm_up{0};
  /// From the end of the warm-up.
  std::chrono::nanoseconds duration = std::chrono::seconds(10);
  /// How long answers are waited for after the last request is due.
  std::chrono::nanoseconds patience = std::chrono::seconds(5);
};

struct KindReport {
  std::size_t scheduled = 0;
  /// Answered, but not as the contract says: another status, or another product.
  std::size_t errors = 0;
  /// Of all that were answered rightly, from when they were due to the last byte of the answer.
  Latencies latencies;

  std::size_t unanswered() const { return scheduled - errors - latencies.count(); }
};

struct LoadReport {
  KindReport get;
  KindReport post;
  /// From due to sent, of those that found a free connection: the generator's own part.
  Latencies own_delay;
  /// Requests that found no free connection.
  std::size_t waited = 0;
  /// From due to sent, of the last request: how far the run was behind its schedule at its end.
  std::chrono::nanoseconds behind{0};
  /// User and system time of this process.
  std::chrono::nanoseconds cpu_time{0};
};

/// Sends what the schedule says when it says it, and waits for every answer or `patience`. A
/// latency is counted from when the request was due, not from when it could be sent: a server that
/// stops for a second delays a second's worth of requests, and each of them counts.
///
/// The one thread sleeps between events. An error when the server cannot be reached, closes a
/// connection or answers what is not HTTP.
Result<LoadReport> RunLoad(const LoadOptions& options);

}  // namespace products::open_loop
