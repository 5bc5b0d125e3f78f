#pragma once

#include <atomic>
#include <cstddef>

namespace products {

/// Counts the batches that are being received, over all workers. Any thread.
class BatchStreams {
 public:
  /// False when there are `limit` already.
  [[nodiscard]] bool TryBegin(std::size_t limit) {
    if (count_.fetch_add(1, std::memory_order_relaxed) < limit) return true;
    End();
    return false;
  }
  /// Once for each TryBegin that was true.
  void End() { count_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> count_{0};
};

}  // namespace products
