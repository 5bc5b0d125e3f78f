#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace products::open_loop {

/// Durations of one kind, every one of them kept: a quantile is one that was measured, not the end
/// of a bucket. Eight bytes each. One thread.
class Latencies {
 public:
  struct Summary {
    std::size_t count = 0;
    std::chrono::nanoseconds p50{0};
    std::chrono::nanoseconds p90{0};
    std::chrono::nanoseconds p99{0};
    std::chrono::nanoseconds p999{0};
    std::chrono::nanoseconds max{0};
  };

  void Add(std::chrono::nanoseconds latency) { all_.push_back(latency); }
  std::size_t count() const { return all_.size(); }

  /// All zero without a duration. A quantile q is the least duration that at least q of all do not
  /// exceed, so it is never below the true one.
  Summary Summarize() const;

 private:
  std::vector<std::chrono::nanoseconds> all_;
};

}  // namespace products::open_loop
