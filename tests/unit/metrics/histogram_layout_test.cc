#include "server/metrics/histogram_layout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace products {
namespace {

using std::chrono::nanoseconds;

// What LatencyBucketOf says without a search.
std::size_t SearchedBucket(std::int64_t latency) {
  std::size_t bucket = 0;
  while (bucket < kBoundedLatencyBuckets && latency > LatencyBucketBound(bucket).count()) ++bucket;
  return bucket;
}

TEST(LatencyBuckets, RunFrom50MicrosecondsTo10SecondsInStepsOfATenth) {
  EXPECT_EQ(LatencyBucketBound(0), std::chrono::microseconds(50));
  EXPECT_EQ(LatencyBucketBound(kBoundedLatencyBuckets - 1), std::chrono::seconds(10));
  for (std::size_t i = 1; i < kBoundedLatencyBuckets; ++i) {
    const double ratio = static_cast<double>(LatencyBucketBound(i).count()) /
                         static_cast<double>(LatencyBucketBound(i - 1).count());
    EXPECT_NEAR(ratio, 1.10, 0.0015) << i;
  }
}

TEST(LatencyBuckets, EveryBoundBelongsToItsBucketAndOneNanosecondMoreToTheNext) {
  for (std::size_t i = 0; i < kBoundedLatencyBuckets; ++i) {
    const nanoseconds bound = LatencyBucketBound(i);
    EXPECT_EQ(LatencyBucketOf(bound - nanoseconds(1)), i);
    EXPECT_EQ(LatencyBucketOf(bound), i);
    EXPECT_EQ(LatencyBucketOf(bound + nanoseconds(1)), i + 1);
  }
}

TEST(LatencyBuckets, TheLookUpAgreesWithASearchAroundEveryPowerOfTwoAndSlot) {
  for (int octave = 0; octave < 40; ++octave) {
    for (std::int64_t sixteenth = 0; sixteenth < 16; ++sixteenth) {
      const std::int64_t start = (std::int64_t{1} << octave) * (16 + sixteenth) / 16;
      for (std::int64_t latency = start - 2; latency <= start + 2; ++latency) {
        ASSERT_EQ(LatencyBucketOf(nanoseconds(latency)), SearchedBucket(latency)) << latency;
      }
    }
  }
}

TEST(LatencyBuckets, TheLookUpAgreesWithASearchForAMillionLatencies) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(0, 11);
  for (int i = 0; i < 1'000'000; ++i) {
    const auto latency = static_cast<std::int64_t>(std::pow(10.0, exponent(random)));
    ASSERT_EQ(LatencyBucketOf(nanoseconds(latency)), SearchedBucket(latency)) << latency;
  }
}

TEST(LatencyBuckets, ExtremesGoToTheFirstAndTheLast) {
  for (const std::int64_t latency : {std::numeric_limits<std::int64_t>::min() + 1, std::int64_t{-1},
                                     std::int64_t{0}, std::int64_t{1}}) {
    EXPECT_EQ(LatencyBucketOf(nanoseconds(latency)), 0u) << latency;
  }
  EXPECT_EQ(LatencyBucketOf(nanoseconds::max()), kBoundedLatencyBuckets);
}

TEST(SizeBuckets, ArePowersOfTwoThatIncludeTheirBound) {
  EXPECT_EQ(SizeBucketOf(0), 0u);
  EXPECT_EQ(SizeBucketBound(kBoundedSizeBuckets - 1), 4096u);
  for (std::size_t i = 0; i < kBoundedSizeBuckets; ++i) {
    EXPECT_EQ(SizeBucketOf(SizeBucketBound(i)), i);
    EXPECT_EQ(SizeBucketOf(SizeBucketBound(i) + 1), i + 1);
  }
  EXPECT_EQ(SizeBucketOf(std::numeric_limits<std::uint64_t>::max()), kBoundedSizeBuckets);
}

}  // namespace
}  // namespace products
