#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace products {

/// The buckets of every latency histogram: upper bounds from 50 us to 10 s, each 1.10 times the one
/// before. Whatever the shape of the latencies, a quantile that is computed from them is within
/// 10 % of the true one between these ends; the customary 14 buckets are off by up to 900 % for a
/// fast service.
///
/// A bucket includes its upper bound, as `le` in the exposition says.

/// Buckets with an upper bound.
inline constexpr std::size_t kBoundedLatencyBuckets = 129;
/// Those and the last, which takes all that is longer.
inline constexpr std::size_t kLatencyBuckets = kBoundedLatencyBuckets + 1;

namespace histogram_layout {

/// Whether the double nearest to `bound` in seconds shows no more digits than it has when it is
/// printed with sixteen, as many programs do: 73.22 us would read 7.321999999999999e-05.
constexpr bool PrintsShort(std::uint64_t bound) {
  const long double error =
      static_cast<long double>(static_cast<double>(bound) / 1e9) * 1e9L - bound;
  long double sixteenth_digit = 1e-15L;
  for (std::uint64_t rest = bound; rest >= 10; rest /= 10) sixteenth_digit *= 10;
  return (error < 0 ? -error : error) < sixteenth_digit / 2;
}

/// Nanoseconds, ascending, rounded to four digits so that `le` can be read and written in a query.
constexpr std::array<std::uint64_t, kBoundedLatencyBuckets> MakeUpperBounds() {
  constexpr double kFirst = 50e3;
  constexpr std::uint64_t kLast = 10'000'000'000;
  // (kLast / kFirst) ^ (1 / 128): 128 equal steps that meet both ends.
  constexpr double kRatio = 1.1000547403747718;
  std::array<std::uint64_t, kBoundedLatencyBuckets> bounds{};
  double bound = kFirst;
  for (std::uint64_t& rounded : bounds) {
    std::uint64_t unit = 1;
    while (bound / static_cast<double>(unit) >= 10'000) unit *= 10;
    rounded = static_cast<std::uint64_t>(bound / static_cast<double>(unit) + 0.5) * unit;
    while (!PrintsShort(rounded)) rounded += unit;
    bound *= kRatio;
  }
  bounds.back() = kLast;
  return bounds;
}

inline constexpr std::array<std::uint64_t, kBoundedLatencyBuckets> kUpperBounds = MakeUpperBounds();

// How a latency finds its bucket without a search. Below a power of two there are 16 slots of equal
// width (log-linear, as in HdrHistogram); a slot is at most 1/16 = 6.25 % wide, less than a bucket,
// so at most one bound lies within it, and one comparison with that decides. To make an inclusive
// upper bound an exclusive one, the latency less one nanosecond is looked up.
inline constexpr int kSlotBits = 4;
inline constexpr int kLowestOctave = 15;   // 2^15 ns is below the first bound
inline constexpr int kHighestOctave = 33;  // 2^34 ns is above the last
inline constexpr std::uint64_t kLowest = std::uint64_t{1} << kLowestOctave;
inline constexpr std::uint64_t kHighest = (std::uint64_t{1} << (kHighestOctave + 1)) - 1;
inline constexpr std::size_t kSlots = std::size_t{kHighestOctave - kLowestOctave + 1} << kSlotBits;

/// `value` within [kLowest, kHighest].
constexpr std::size_t SlotOf(std::uint64_t value) {
  const int octave = static_cast<int>(std::bit_width(value)) - 1;
  // The bits below the leading one, and the octave above them.
  const std::uint64_t significant = value >> (octave - kSlotBits);
  return static_cast<std::size_t>(
      (static_cast<std::uint64_t>(octave - kLowestOctave) << kSlotBits) +
      (significant - (std::uint64_t{1} << kSlotBits)));
}

/// For each slot, the bucket of the smallest value in it.
constexpr std::array<std::uint8_t, kSlots> MakeBucketOfSlot() {
  std::array<std::uint8_t, kSlots> bucket_of_slot{};
  std::size_t bucket = 0;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const std::size_t octave = (slot >> kSlotBits) + kLowestOctave;
    const std::uint64_t within = slot & ((std::size_t{1} << kSlotBits) - 1);
    const std::uint64_t smallest = ((std::uint64_t{1} << kSlotBits) + within)
                                   << (octave - kSlotBits);
    while (bucket < kBoundedLatencyBuckets && kUpperBounds[bucket] <= smallest) ++bucket;
    bucket_of_slot[slot] = static_cast<std::uint8_t>(bucket);
  }
  return bucket_of_slot;
}

inline constexpr std::array<std::uint8_t, kSlots> kBucketOfSlot = MakeBucketOfSlot();

/// The bounds again with one beyond the last that no value reaches, so that the comparison needs no
/// special case.
constexpr std::array<std::uint64_t, kLatencyBuckets> MakeExclusiveBounds() {
  std::array<std::uint64_t, kLatencyBuckets> bounds{};
  std::copy(kUpperBounds.begin(), kUpperBounds.end(), bounds.begin());
  bounds.back() = kHighest + 1;
  return bounds;
}

inline constexpr std::array<std::uint64_t, kLatencyBuckets> kExclusiveBounds =
    MakeExclusiveBounds();

}  // namespace histogram_layout

/// The upper bound of a bucket; `bucket` < kBoundedLatencyBuckets.
constexpr std::chrono::nanoseconds LatencyBucketBound(std::size_t bucket) {
  return std::chrono::nanoseconds(histogram_layout::kUpperBounds[bucket]);
}

/// The bucket a latency belongs to, exactly; a negative one to the first. About 2 ns.
constexpr std::size_t LatencyBucketOf(std::chrono::nanoseconds latency) {
  const std::int64_t less_one = latency.count() - 1;
  const std::uint64_t value = static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(less_one, histogram_layout::kLowest, histogram_layout::kHighest));
  const std::size_t bucket = histogram_layout::kBucketOfSlot[histogram_layout::SlotOf(value)];
  return bucket + (value >= histogram_layout::kExclusiveBounds[bucket] ? 1 : 0);
}

/// The buckets of batch sizes: 1, 2, 4 ... 4096, and the last for what is larger.
inline constexpr std::size_t kBoundedSizeBuckets = 13;
inline constexpr std::size_t kSizeBuckets = kBoundedSizeBuckets + 1;

constexpr std::uint64_t SizeBucketBound(std::size_t bucket) { return std::uint64_t{1} << bucket; }

constexpr std::size_t SizeBucketOf(std::uint64_t size) {
  const std::size_t bucket = size == 0 ? 0 : static_cast<std::size_t>(std::bit_width(size - 1));
  return std::min(bucket, kBoundedSizeBuckets);
}

}  // namespace products
