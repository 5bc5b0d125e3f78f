#pragma once

#include <optional>

#include "core/base/clock.h"

namespace products::cli {

/// Spaces events evenly at a given rate. After a stall it catches up at most a tenth of a second's
/// worth, so that a server that was slow for a minute is not hit by a minute's backlog. One thread;
/// time is handed in.
class RateLimiter {
 public:
  /// `per_second` 0 stands for no limit; otherwise > 0.
  explicit RateLimiter(double per_second);

  /// Absent when an event may happen now, which then counts as having happened; else the time to
  /// ask again.
  std::optional<MonotonicTime> Take(MonotonicTime now);

 private:
  MonotonicTime::duration interval_;
  std::optional<MonotonicTime> next_;
};

}  // namespace products::cli
