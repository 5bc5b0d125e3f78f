#pragma once

#include <chrono>

namespace products {

/// For durations and deadlines; never goes back.
using MonotonicTime = std::chrono::steady_clock::time_point;
/// For the Date header and log lines; may jump.
using WallTime = std::chrono::system_clock::time_point;

/// The source of time, injected so that tests decide what time it is. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime Now() const = 0;
  virtual WallTime WallNow() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  MonotonicTime Now() const override;
  WallTime WallNow() const override;
};

}  // namespace products
