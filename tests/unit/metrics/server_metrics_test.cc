#include "server/metrics/server_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/metrics/exposition.h"

namespace products {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr char kGetLabels[] = "method=\"GET\",route=\"/products/{id}\",code=\"200\"";

const RequestLabels kLabels{{"GET", "POST"}, {"/products/{id}", "/health"}, {200, 204, 404}};
const BuildLabels kBuild{"1.2.3", "abc", "memory"};

TEST(ServerMetrics, EveryNameIsThereFromTheStartExceptRequestsByRoute) {
  const ServerMetrics metrics(kLabels, kBuild);
  const auto samples = ParseExposition(metrics.Render());
  for (const char* sample : {
           "http_requests_in_flight",
           "productd_connections",
           "productd_connections_total{outcome=\"closed_by_client\"}",
           "productd_connections_total{outcome=\"drained\"}",
           "productd_requests_refused_total{reason=\"malformed\"}",
           "productd_requests_refused_total{reason=\"background_full\"}",
           "productd_received_bytes_total",
           "productd_sent_bytes_total",
           "productd_commit_batch_size_count",
           "productd_commit_duration_seconds_count",
           "productd_commit_sync_seconds_count",
           "productd_commit_queue_wait_seconds_count",
           "productd_commit_bytes_total",
           "productd_commit_failures_total",
       }) {
    ASSERT_TRUE(samples.contains(sample)) << sample;
    EXPECT_EQ(samples.at(sample), 0) << sample;
  }
  for (const char* name :
       {"process_cpu_seconds_total", "process_open_fds", "process_max_fds",
        "process_resident_memory_bytes", "process_virtual_memory_bytes",
        "process_start_time_seconds", "process_threads",
        "productd_build_info{version=\"1.2.3\",commit=\"abc\",engine=\"memory\"}"}) {
    EXPECT_TRUE(samples.contains(name)) << name;
  }
  EXPECT_THAT(metrics.Render(), testing::Not(testing::HasSubstr("http_request_duration")));
}

TEST(ServerMetrics, FiguresOfAllWorkersAreAddedUp) {
  ServerMetrics metrics(kLabels, kBuild);
  WorkerMetrics& first = metrics.AddWorker();
  WorkerMetrics& second = metrics.AddWorker();
  first.RecordRequest(0, 0, 200, milliseconds(1));
  second.RecordRequest(0, 0, 200, milliseconds(2));
  second.RecordRequest(1, 1, 503, milliseconds(2));
  first.ConnectionOpened();
  second.ConnectionOpened();
  second.ConnectionEnded(ConnectionOutcome::kReset);
  first.CountRefused(RefusedReason::kQueueAge);
  second.RequestStarted();
  first.AddBytes(1, 2);
  second.AddBytes(10, 20);

  const std::string text = metrics.Render();
  const PrintedHistogram histogram =
      FindHistogram(text, "http_request_duration_seconds", kGetLabels);
  EXPECT_EQ(histogram.count, 2);
  EXPECT_DOUBLE_EQ(histogram.sum, 0.003);
  EXPECT_EQ(histogram.buckets.size(), kLatencyBuckets);
  const auto samples = ParseExposition(text);
  EXPECT_EQ(samples.at("http_request_duration_seconds_count{method=\"POST\",route=\"/health\","
                       "code=\"other\"}"),
            1);
  EXPECT_EQ(samples.at("productd_connections"), 1);
  EXPECT_EQ(samples.at("productd_connections_total{outcome=\"reset\"}"), 1);
  EXPECT_EQ(samples.at("productd_requests_refused_total{reason=\"queue_age\"}"), 1);
  EXPECT_EQ(samples.at("http_requests_in_flight"), 1);
  EXPECT_EQ(samples.at("productd_received_bytes_total"), 11);
  EXPECT_EQ(samples.at("productd_sent_bytes_total"), 22);
}

// An alert names a bucket by its bound: it must be what a person would write.
TEST(ServerMetrics, BoundsHaveNoMoreThanFourDigits) {
  ServerMetrics metrics(kLabels, kBuild);
  metrics.AddWorker().RecordRequest(0, 0, 200, milliseconds(1));
  const std::string text = metrics.Render();
  const std::regex bound("_bucket\\{.*le=\"(0\\.0*)?([0-9.]*)(e-05)?\"");
  std::size_t bounds = 0;
  for (std::sregex_iterator match(text.begin(), text.end(), bound), end; match != end; ++match) {
    EXPECT_LE((*match)[2].length(), 5) << match->str();  // with the point
    ++bounds;
  }
  EXPECT_GT(bounds, 2 * kBoundedLatencyBuckets);
}

TEST(ServerMetrics, CommitsAreCountedBySizeAndTime) {
  ServerMetrics metrics(kLabels, kBuild);
  metrics.commit().OnCommit(1, 100, milliseconds(1), milliseconds(10), milliseconds(8));
  metrics.commit().OnCommit(500, 50'000, milliseconds(2), milliseconds(20), milliseconds(16));
  metrics.commit().OnFailure();
  const auto samples = ParseExposition(metrics.Render());
  EXPECT_EQ(samples.at("productd_commit_batch_size_bucket{le=\"1\"}"), 1);
  EXPECT_EQ(samples.at("productd_commit_batch_size_bucket{le=\"256\"}"), 1);
  EXPECT_EQ(samples.at("productd_commit_batch_size_bucket{le=\"512\"}"), 2);
  EXPECT_EQ(samples.at("productd_commit_batch_size_sum"), 501);
  EXPECT_EQ(samples.at("productd_commit_duration_seconds_sum"), 0.03);
  EXPECT_EQ(samples.at("productd_commit_sync_seconds_sum"), 0.024);
  EXPECT_EQ(samples.at("productd_commit_queue_wait_seconds_sum"), 0.003);
  EXPECT_EQ(samples.at("productd_commit_bytes_total"), 50'100);
  EXPECT_EQ(samples.at("productd_commit_failures_total"), 1);
}

TEST(ServerMetrics, FiguresOwnedElsewhereAreAskedForAtEveryScrape) {
  ServerMetrics metrics(kLabels, kBuild);
  double products = 1;
  metrics.AddGauge(metric::kProducts, {}, [&products] { return products; });
  metrics.AddCounter({"productd_tries_total", "Tries."}, {{"kind", "a\"b\\c\nd"}},
                     [] { return 5; });
  metrics.AddCounter({"productd_tries_total", "Tries."}, {{"kind", "e"}}, [] { return 6; });
  EXPECT_EQ(ParseExposition(metrics.Render()).at("productd_products"), 1);
  products = 1'000'000;
  const std::string text = metrics.Render();
  EXPECT_THAT(text, testing::HasSubstr("# HELP productd_products Products in the catalogue.\n"
                                       "# TYPE productd_products gauge\n"
                                       "productd_products 1000000\n"));
  EXPECT_THAT(text, testing::HasSubstr("# TYPE productd_tries_total counter\n"
                                       "productd_tries_total{kind=\"a\\\"b\\\\c\\nd\"} 5\n"
                                       "productd_tries_total{kind=\"e\"} 6\n"));
}

TEST(ServerMetrics, PromtoolFindsNothingToSayAgainstIt) {
  ServerMetrics metrics(kLabels, kBuild);
  metrics.AddWorker().RecordRequest(0, 0, 200, milliseconds(1));
  metrics.commit().OnCommit(1, 100, milliseconds(1), milliseconds(10), milliseconds(8));
  metrics.AddGauge(metric::kProducts, {}, [] { return 1; });
  metrics.AddGauge(metric::kCommitQueueDepth, {}, [] { return 1; });
  metrics.AddGauge(metric::kTableBytes, {}, [] { return 1; });
  metrics.AddCounter(metric::kLogLinesDropped, {}, [] { return 1; });

  const std::string path = testing::TempDir() + "productd-metrics-" + std::to_string(getpid());
  std::ofstream(path) << metrics.Render();
  const std::string command =
      std::string(PROMTOOL_PROGRAM) + " check metrics < " + path + " > " + path + ".out 2>&1";
  const int status = std::system(command.c_str());
  std::ostringstream findings;
  findings << std::ifstream(path + ".out").rdbuf();
  EXPECT_EQ(status, 0);
  EXPECT_EQ(findings.str(), "");
  unlink(path.c_str());
  unlink((path + ".out").c_str());
}

struct Shape {
  std::string name;
  std::function<double(std::mt19937_64&)> seconds;
};

std::vector<Shape> LatencyShapes() {
  using Random = std::mt19937_64;
  const auto uniform = [](Random& random) {
    return std::uniform_real_distribution<double>(0, 1)(random);
  };
  return {
      {"lognormal",
       [](Random& random) {
         return std::lognormal_distribution<double>(std::log(1e-3), 0.8)(random);
       }},
      {"bimodal",
       [=](Random& random) {
         return (uniform(random) < 0.97 ? 200e-6 : 20e-3) * (0.8 + 0.4 * uniform(random));
       }},
      {"pareto",
       [=](Random& random) {
         return std::min(9.9, 100e-6 * std::pow(1 - uniform(random), -1 / 1.5));
       }},
      {"spike",
       [=](Random& random) {
         return uniform(random) < 0.995 ? 150e-6 + 1e-5 * uniform(random) : 2;
       }},
      {"constant", [](Random&) { return 3.3e-3; }},
  };
}

TEST(ServerMetrics, QuantilesOfFiveShapesAreWithinATenthOfTheTruth) {
  for (const Shape& shape : LatencyShapes()) {
    ServerMetrics metrics(kLabels, kBuild);
    WorkerMetrics& worker = metrics.AddWorker();
    std::mt19937_64 random(7);
    std::vector<double> latencies(200'000);
    for (double& latency : latencies) {
      const auto rounded =
          std::chrono::duration_cast<nanoseconds>(duration<double>(shape.seconds(random)));
      latency = duration<double>(rounded).count();
      worker.RecordRequest(0, 0, 200, rounded);
    }
    std::sort(latencies.begin(), latencies.end());
    const PrintedHistogram histogram =
        FindHistogram(metrics.Render(), "http_request_duration_seconds", kGetLabels);
    for (const double quantile : {0.5, 0.9, 0.95, 0.99, 0.999}) {
      const auto rank =
          static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(latencies.size())));
      const double truth = latencies[rank - 1];
      EXPECT_NEAR(QuantileOf(histogram, quantile), truth, 0.1 * truth)
          << shape.name << " p" << quantile * 100;
    }
  }
}

// No sample of a counter or histogram may be smaller than in the scrape before, and each histogram
// must agree with itself.
void ExpectOrderly(const std::string& text, std::map<std::string, double>& before) {
  for (const auto& [sample, value] : ParseExposition(text)) {
    const bool rises =
        sample.find("_total") != std::string::npos || sample.find("_bucket") != std::string::npos ||
        sample.find("_count") != std::string::npos || sample.find("_sum") != std::string::npos;
    if (!rises) continue;
    EXPECT_GE(value, before[sample]) << sample;
    before[sample] = value;
  }
  for (const auto& [name, labels] :
       {std::pair<std::string, std::string>{"http_request_duration_seconds", kGetLabels},
        {"productd_commit_duration_seconds", ""}}) {
    const PrintedHistogram histogram = FindHistogram(text, name, labels);
    double below = 0;
    for (const PrintedHistogram::Bucket& bucket : histogram.buckets) {
      EXPECT_GE(bucket.cumulative_count, below) << name;
      below = bucket.cumulative_count;
    }
    EXPECT_EQ(below, histogram.count) << name;
  }
}

TEST(ServerMetrics, ScrapesAmidRecordingNeverGoBackAndTheLastOneIsComplete) {
  constexpr int kWorkers = 2;
  constexpr int kRequests = 100'000;
  ServerMetrics metrics(kLabels, kBuild);
  std::atomic<int> running{kWorkers + 1};
  std::vector<std::thread> threads;
  threads.reserve(kWorkers + 1);
  for (int worker_number = 0; worker_number < kWorkers; ++worker_number) {
    threads.emplace_back([&metrics, &running] {
      WorkerMetrics& worker = metrics.AddWorker();
      for (int i = 0; i < kRequests; ++i) {
        worker.ConnectionOpened();
        worker.RequestStarted();
        worker.RecordRequest(i % 7 == 0 ? 1 : 0, 0, i % 5 == 0 ? 404 : 200, nanoseconds(i * 1000));
        worker.RequestFinished();
        worker.CountRefused(static_cast<RefusedReason>(i % int{kRefusedReasons}));
        worker.ConnectionEnded(static_cast<ConnectionOutcome>(i % int{kConnectionOutcomes}));
      }
      --running;
    });
  }
  threads.emplace_back([&metrics, &running] {
    for (int i = 0; i < kRequests; ++i) {
      metrics.commit().OnCommit(1, 10, nanoseconds(i), nanoseconds(i * 100), nanoseconds(i * 10));
    }
    --running;
  });

  std::map<std::string, double> before;
  while (running > 0) ExpectOrderly(metrics.Render(), before);
  for (std::thread& thread : threads) thread.join();
  ExpectOrderly(metrics.Render(), before);

  double requests = 0;
  double refused = 0;
  double ended = 0;
  for (const auto& [sample, value] : before) {
    if (sample.starts_with("http_request_duration_seconds_count")) requests += value;
    if (sample.starts_with("productd_requests_refused_total")) refused += value;
    if (sample.starts_with("productd_connections_total")) ended += value;
  }
  EXPECT_EQ(requests, kWorkers * kRequests);
  EXPECT_EQ(refused, kWorkers * kRequests);
  EXPECT_EQ(ended, kWorkers * kRequests);
  EXPECT_EQ(before.at("productd_commit_bytes_total"), kRequests * 10);
  const auto samples = ParseExposition(metrics.Render());
  EXPECT_EQ(samples.at("http_requests_in_flight"), 0);
  EXPECT_EQ(samples.at("productd_connections"), 0);
}

}  // namespace
}  // namespace products
