#include "loadtest/open_loop/latencies.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <vector>

namespace products::open_loop {
namespace {

using std::chrono::nanoseconds;

TEST(Latencies, SummarizeWithoutAnyIsAllZero) {
  const Latencies::Summary summary = Latencies().Summarize();
  EXPECT_EQ(summary.count, 0U);
  EXPECT_EQ(summary.p50, nanoseconds(0));
  EXPECT_EQ(summary.max, nanoseconds(0));
}

TEST(Latencies, QuantilesAreMeasuredDurationsThatEnoughOthersDoNotExceed) {
  struct Row {
    std::size_t count;  // of the durations 1, 2 ... count
    int p50;
    int p90;
    int p99;
    int p999;
  };
  for (const Row& row : std::vector<Row>{
           {1, 1, 1, 1, 1},
           {2, 1, 2, 2, 2},
           {10, 5, 9, 10, 10},
           {100, 50, 90, 99, 100},
           {101, 51, 91, 100, 101},
           {1000, 500, 900, 990, 999},
           {1001, 501, 901, 991, 1000},
       }) {
    Latencies latencies;
    // Descending: the order of arrival does not matter.
    for (std::size_t i = row.count; i > 0; --i) latencies.Add(nanoseconds(i));
    const Latencies::Summary summary = latencies.Summarize();
    EXPECT_EQ(summary.count, row.count);
    EXPECT_EQ(summary.p50, nanoseconds(row.p50)) << row.count;
    EXPECT_EQ(summary.p90, nanoseconds(row.p90)) << row.count;
    EXPECT_EQ(summary.p99, nanoseconds(row.p99)) << row.count;
    EXPECT_EQ(summary.p999, nanoseconds(row.p999)) << row.count;
    EXPECT_EQ(summary.max, nanoseconds(row.count)) << row.count;
  }
}

}  // namespace
}  // namespace products::open_loop
