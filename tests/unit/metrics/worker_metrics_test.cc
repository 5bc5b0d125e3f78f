#include "server/metrics/worker_metrics.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

namespace products {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

const RequestLabels kLabels{{"GET", "POST"}, {"/a", "/b", "/c"}, {200, 404}};

std::size_t SeriesInUse(const WorkerMetrics& worker) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < worker.series_count(); ++i) {
    if (worker.FindSeries(i) != nullptr) ++count;
  }
  return count;
}

LatencyCounts CountsOf(const WorkerMetrics& worker, std::size_t series) {
  LatencyCounts counts;
  worker.FindSeries(series)->AddTo(counts);
  return counts;
}

TEST(WorkerMetrics, ASeriesAppearsWithItsFirstRequest) {
  WorkerMetrics worker(kLabels);
  EXPECT_EQ(worker.series_count(), 3u * 2u * 3u);
  EXPECT_EQ(SeriesInUse(worker), 0u);
  worker.RecordRequest(1, 0, 200, milliseconds(1));
  worker.RecordRequest(1, 0, 200, milliseconds(3));
  worker.RecordRequest(1, 0, 404, milliseconds(1));
  EXPECT_EQ(SeriesInUse(worker), 2u);

  const LatencyCounts counts = CountsOf(worker, (1 * 2 + 0) * 3 + 0);
  EXPECT_EQ(counts.sum, 4'000'000u);
  EXPECT_EQ(counts.buckets[LatencyBucketOf(milliseconds(1))], 1u);
  EXPECT_EQ(counts.buckets[LatencyBucketOf(milliseconds(3))], 1u);
}

TEST(WorkerMetrics, CodesWithoutALabelAreOneSeries) {
  WorkerMetrics worker(kLabels);
  for (const int code : {-1, 0, 99, 100, 418, 599, 600, 1'000'000}) {
    worker.RecordRequest(2, 1, code, microseconds(60));
  }
  EXPECT_EQ(SeriesInUse(worker), 1u);
  EXPECT_EQ(CountsOf(worker, worker.series_count() - 1).sum, 8u * 60'000u);
}

TEST(WorkerMetrics, GaugesRiseAndFallAndCountersOnlyRise) {
  WorkerMetrics worker(kLabels);
  worker.RequestStarted();
  worker.RequestStarted();
  worker.RequestFinished();
  EXPECT_EQ(worker.requests_in_flight(), 1);

  worker.ConnectionOpened();
  worker.ConnectionOpened();
  worker.ConnectionEnded(ConnectionOutcome::kDrained);
  EXPECT_EQ(worker.connections(), 1);
  EXPECT_EQ(worker.ended(ConnectionOutcome::kDrained), 1u);
  EXPECT_EQ(worker.ended(ConnectionOutcome::kReset), 0u);

  worker.CountRefused(RefusedReason::kBackgroundFull);
  EXPECT_EQ(worker.refused(RefusedReason::kBackgroundFull), 1u);
  EXPECT_EQ(worker.refused(RefusedReason::kMalformed), 0u);

  worker.AddBytes(10, 200);
  worker.AddBytes(1, 2);
  EXPECT_EQ(worker.received_bytes(), 11u);
  EXPECT_EQ(worker.sent_bytes(), 202u);
}

TEST(MetricNames, EveryOutcomeAndReasonHasItsOwnName) {
  std::set<std::string_view> outcomes;
  for (std::size_t i = 0; i < kConnectionOutcomes; ++i) {
    outcomes.insert(ConnectionOutcomeName(static_cast<ConnectionOutcome>(i)));
  }
  EXPECT_EQ(outcomes.size(), kConnectionOutcomes);
  std::set<std::string_view> reasons;
  for (std::size_t i = 0; i < kRefusedReasons; ++i) {
    reasons.insert(RefusedReasonName(static_cast<RefusedReason>(i)));
  }
  EXPECT_EQ(reasons.size(), kRefusedReasons);
}

}  // namespace
}  // namespace products
