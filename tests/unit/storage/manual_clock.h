#pragma once

#include <atomic>
#include <chrono>

#include "core/base/clock.h"

namespace products::test {

/// Time that passes when the test says so. Any thread.
class ManualClock final : public Clock {
 public:
  MonotonicTime Now() const override { return MonotonicTime(SinceStart()); }
  /// 1994-11-06T08:49:37Z at the start.
  WallTime WallNow() const override {
    return WallTime(std::chrono::seconds(784'111'777 - 3600) + SinceStart());
  }
  void Advance(std::chrono::milliseconds time) { milliseconds_ += time.count(); }

 private:
  std::chrono::milliseconds SinceStart() const {
    return std::chrono::milliseconds(milliseconds_.load());
  }

  std::atomic<std::chrono::milliseconds::rep> milliseconds_{3'600'000};
};

}  // namespace products::test
