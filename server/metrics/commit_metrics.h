#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "server/metrics/single_writer.h"

namespace products {

/// What the writer thread counts. OnCommit and OnFailure are for that thread alone; the readers are
/// for any.
class CommitMetrics {
 public:
  /// One batch is committed: how many changes and bytes it held, how long its oldest change had
  /// waited, how long the engine took, and how much of that the medium.
  void OnCommit(std::size_t changes, std::size_t bytes, std::chrono::nanoseconds queue_wait,
                std::chrono::nanoseconds commit_time, std::chrono::nanoseconds sync_time) {
    batch_size_.RecordSize(changes);
    bytes_.Add(bytes);
    queue_wait_.RecordLatency(queue_wait);
    duration_.RecordLatency(commit_time);
    sync_.RecordLatency(sync_time);
  }
  /// The engine did not commit a batch.
  void OnFailure() { failures_.Add(1); }

  const SizeHistogram& batch_size() const { return batch_size_; }
  const LatencyHistogram& duration() const { return duration_; }
  const LatencyHistogram& sync() const { return sync_; }
  const LatencyHistogram& queue_wait() const { return queue_wait_; }
  std::uint64_t bytes() const { return bytes_.value(); }
  std::uint64_t failures() const { return failures_.value(); }

 private:
  SizeHistogram batch_size_;
  LatencyHistogram duration_;
  LatencyHistogram sync_;
  LatencyHistogram queue_wait_;
  SingleWriterCounter bytes_;
  SingleWriterCounter failures_;
};

}  // namespace products
