#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "server/metrics/histogram_layout.h"

namespace products {

/// Figures that one thread writes and any thread reads. With a single writer a load and a store do
/// what a read-modify-write would, without its bus lock; relaxed order suffices, for each figure
/// stands for itself. A reader that reads one of them twice never sees it decrease.

class SingleWriterCounter {
 public:
  void Add(std::uint64_t count) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class SingleWriterGauge {
 public:
  void Add(std::int64_t change) {
    value_.store(value_.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// What a reader makes of one or more histograms of the same layout: a plain value.
template <std::size_t kBuckets>
struct HistogramCounts {
  std::array<std::uint64_t, kBuckets> buckets{};  ///< Each by itself, not cumulative.
  std::uint64_t sum = 0;                          ///< Of the values, in their own unit.
};

template <std::size_t kBuckets>
class SingleWriterHistogram {
 public:
  void Record(std::size_t bucket, std::uint64_t value) {
    buckets_[bucket].Add(1);
    sum_.Add(value);
  }

  /// Any thread. What is recorded meanwhile may be in the buckets and not yet in the sum.
  void AddTo(HistogramCounts<kBuckets>& counts) const {
    for (std::size_t i = 0; i < kBuckets; ++i) counts.buckets[i] += buckets_[i].value();
    counts.sum += sum_.value();
  }

 private:
  std::array<SingleWriterCounter, kBuckets> buckets_;
  SingleWriterCounter sum_;
};

using LatencyCounts = HistogramCounts<kLatencyBuckets>;

/// Nanoseconds, in the layout of latencies. Aligned so that those of two threads share no cache
/// line.
class alignas(64) LatencyHistogram : public SingleWriterHistogram<kLatencyBuckets> {
 public:
  void RecordLatency(std::chrono::nanoseconds latency) {
    const std::int64_t count = latency.count();
    Record(LatencyBucketOf(latency), count > 0 ? static_cast<std::uint64_t>(count) : 0);
  }
};

/// Nanoseconds, in buckets of 0.25 ms times the powers of two: enough for one series a worker.
class LagHistogram : public SingleWriterHistogram<kSizeBuckets> {
 public:
  static constexpr std::chrono::microseconds kUnit{250};

  void RecordLag(std::chrono::nanoseconds lag) {
    const auto whole = static_cast<std::uint64_t>(std::max<std::int64_t>(lag.count(), 0));
    const auto unit = static_cast<std::uint64_t>(std::chrono::nanoseconds(kUnit).count());
    Record(SizeBucketOf((whole + unit - 1) / unit), whole);
  }
};

using SizeCounts = HistogramCounts<kSizeBuckets>;

/// Numbers of things, in the layout of sizes.
class SizeHistogram : public SingleWriterHistogram<kSizeBuckets> {
 public:
  void RecordSize(std::uint64_t size) { Record(SizeBucketOf(size), size); }
};

}  // namespace products
