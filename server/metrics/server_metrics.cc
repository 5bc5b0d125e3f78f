#include "server/metrics/server_metrics.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <utility>

#include "server/metrics/exposition_text.h"
#include "server/metrics/process_figures.h"

namespace products {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;

template <std::size_t kBounds, typename BoundOf>
std::array<std::string, kBounds> BoundTexts(BoundOf bound_of) {
  std::array<std::string, kBounds> texts;
  for (std::size_t i = 0; i < kBounds; ++i) texts[i] = ExpositionText::Number(bound_of(i));
  return texts;
}

// The label values of the buckets, made once for each rendering.
struct BucketBounds {
  std::array<std::string, kBoundedLatencyBuckets> latency =
      BoundTexts<kBoundedLatencyBuckets>([](std::size_t bucket) {
        // A division of whole numbers is the double nearest to the decimal fraction; a product with
        // 1e-9 is not always.
        return static_cast<double>(LatencyBucketBound(bucket).count()) / kNanosecondsPerSecond;
      });
  std::array<std::string, kBoundedSizeBuckets> size = BoundTexts<kBoundedSizeBuckets>(
      [](std::size_t bucket) { return static_cast<double>(SizeBucketBound(bucket)); });
  std::array<std::string, kBoundedSizeBuckets> lag =
      BoundTexts<kBoundedSizeBuckets>([](std::size_t bucket) {
        constexpr double kUnitSeconds = std::chrono::duration<double>(LagHistogram::kUnit).count();
        return static_cast<double>(SizeBucketBound(bucket)) * kUnitSeconds;
      });
};

void AddLatency(ExpositionText& text, const BucketBounds& bounds, const LatencyCounts& counts,
                const MetricLabels& labels = {}) {
  text.AddHistogram(bounds.latency, counts.buckets,
                    static_cast<double>(counts.sum) / kNanosecondsPerSecond, labels);
}

void AddMetric(ExpositionText& text, MetricType type, const MetricDescription& metric,
               double value) {
  text.BeginFamily(type, metric);
  text.AddValue(value);
}

void CollectRequests(ExpositionText& text, const BucketBounds& bounds,
                     const std::deque<WorkerMetrics>& workers, const RequestLabels& labels) {
  text.BeginFamily(MetricType::kHistogram, metric::kRequestDuration);
  std::size_t series = 0;
  const auto add_series = [&](const std::string& route, const std::string& method,
                              const std::string& code) {
    LatencyCounts counts;
    bool recorded = false;
    for (const WorkerMetrics& worker : workers) {
      const LatencyHistogram* const histogram = worker.FindSeries(series);
      if (histogram == nullptr) continue;
      histogram->AddTo(counts);
      recorded = true;
    }
    ++series;
    if (!recorded) return;
    AddLatency(text, bounds, counts, {{"method", method}, {"route", route}, {"code", code}});
  };
  // The order in which WorkerMetrics numbers its series.
  for (const std::string& route : labels.routes) {
    for (const std::string& method : labels.methods) {
      for (const int code : labels.codes) add_series(route, method, std::to_string(code));
      add_series(route, method, "other");
    }
  }
}

void CollectConnections(ExpositionText& text, const std::deque<WorkerMetrics>& workers) {
  std::int64_t requests_in_flight = 0;
  std::int64_t connections = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::array<std::uint64_t, kConnectionOutcomes> ended{};
  std::array<std::uint64_t, kRefusedReasons> refused{};
  std::array<std::uint64_t, kParseErrorReasons> parse_errors{};
  for (const WorkerMetrics& worker : workers) {
    requests_in_flight += worker.requests_in_flight();
    connections += worker.connections();
    received_bytes += worker.received_bytes();
    sent_bytes += worker.sent_bytes();
    for (std::size_t i = 0; i < ended.size(); ++i) {
      ended[i] += worker.ended(static_cast<ConnectionOutcome>(i));
    }
    for (std::size_t i = 0; i < parse_errors.size(); ++i) {
      parse_errors[i] += worker.parse_errors(static_cast<ParseErrorReason>(i));
    }
    for (std::size_t i = 0; i < refused.size(); ++i) {
      refused[i] += worker.refused(static_cast<RefusedReason>(i));
    }
  }

  AddMetric(text, MetricType::kGauge, metric::kRequestsInFlight,
            static_cast<double>(requests_in_flight));
  AddMetric(text, MetricType::kGauge, metric::kConnections, static_cast<double>(connections));
  text.BeginFamily(MetricType::kCounter, metric::kConnectionsTotal);
  for (std::size_t i = 0; i < ended.size(); ++i) {
    const auto name = ConnectionOutcomeName(static_cast<ConnectionOutcome>(i));
    text.AddValue(static_cast<double>(ended[i]), {{"outcome", std::string(name)}});
  }
  text.BeginFamily(MetricType::kCounter, metric::kRequestsRefused);
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const auto name = RefusedReasonName(static_cast<RefusedReason>(i));
    text.AddValue(static_cast<double>(refused[i]), {{"reason", std::string(name)}});
  }
  text.BeginFamily(MetricType::kCounter, metric::kParseErrors);
  for (std::size_t i = 0; i < parse_errors.size(); ++i) {
    const auto name = ParseErrorReasonName(static_cast<ParseErrorReason>(i));
    text.AddValue(static_cast<double>(parse_errors[i]), {{"error", std::string(name)}});
  }
  AddMetric(text, MetricType::kCounter, metric::kReceivedBytes,
            static_cast<double>(received_bytes));
  AddMetric(text, MetricType::kCounter, metric::kSentBytes, static_cast<double>(sent_bytes));
}

// One series a worker. A worker that never had a tick is one that Pistache only makes others of.
void CollectLoopLag(ExpositionText& text, const BucketBounds& bounds,
                    const std::deque<WorkerMetrics>& workers) {
  text.BeginFamily(MetricType::kHistogram, metric::kEventLoopLag);
  std::size_t number = 0;
  for (const WorkerMetrics& worker : workers) {
    SizeCounts counts;
    worker.loop_lag().AddTo(counts);
    const std::string label = std::to_string(number++);
    if (std::all_of(counts.buckets.begin(), counts.buckets.end(),
                    [](std::uint64_t count) { return count == 0; })) {
      continue;
    }
    text.AddHistogram(bounds.lag, counts.buckets,
                      static_cast<double>(counts.sum) / kNanosecondsPerSecond, {{"worker", label}});
  }
}

void CollectCommits(ExpositionText& text, const BucketBounds& bounds, const CommitMetrics& commit) {
  SizeCounts batch_size;
  commit.batch_size().AddTo(batch_size);
  text.BeginFamily(MetricType::kHistogram, metric::kCommitBatchSize);
  text.AddHistogram(bounds.size, batch_size.buckets, static_cast<double>(batch_size.sum));
  const auto add_latency = [&](const MetricDescription& metric, const LatencyHistogram& histogram) {
    LatencyCounts counts;
    histogram.AddTo(counts);
    text.BeginFamily(MetricType::kHistogram, metric);
    AddLatency(text, bounds, counts);
  };
  add_latency(metric::kCommitDuration, commit.duration());
  add_latency(metric::kCommitSync, commit.sync());
  add_latency(metric::kCommitQueueWait, commit.queue_wait());
  AddMetric(text, MetricType::kCounter, metric::kCommitBytes, static_cast<double>(commit.bytes()));
  AddMetric(text, MetricType::kCounter, metric::kCommitFailures,
            static_cast<double>(commit.failures()));
}

// The names that every Prometheus client library uses.
void CollectProcess(ExpositionText& text) {
  const ProcessFigures figures = ReadProcessFigures();
  const auto add = [&text](MetricType type, std::string_view name, std::string_view help,
                           std::optional<double> value) {
    if (value) AddMetric(text, type, {name, help}, *value);
  };
  add(MetricType::kCounter, "process_cpu_seconds_total",
      "Total user and system CPU time spent in seconds.", figures.cpu_seconds);
  add(MetricType::kGauge, "process_open_fds", "Number of open file descriptors.", figures.open_fds);
  add(MetricType::kGauge, "process_max_fds", "Maximum number of open file descriptors.",
      figures.max_fds);
  add(MetricType::kGauge, "process_resident_memory_bytes", "Resident memory size in bytes.",
      figures.resident_memory_bytes);
  add(MetricType::kGauge, "process_virtual_memory_bytes", "Virtual memory size in bytes.",
      figures.virtual_memory_bytes);
  add(MetricType::kGauge, "process_start_time_seconds",
      "Start time of the process since unix epoch in seconds.", figures.start_time_seconds);
  add(MetricType::kGauge, "process_threads", "Number of OS threads.", figures.threads);
  const auto add_ours = [&text](const MetricDescription& metric, std::optional<double> value) {
    if (value) AddMetric(text, MetricType::kCounter, metric, *value);
  };
  add_ours(metric::kCpuPeriods, figures.cpu_periods);
  add_ours(metric::kCpuThrottledPeriods, figures.cpu_throttled_periods);
  add_ours(metric::kCpuThrottledSeconds, figures.cpu_throttled_seconds);
}

}  // namespace

ServerMetrics::ServerMetrics(RequestLabels labels, BuildLabels build)
    : labels_(std::move(labels)), build_(std::move(build)) {}

WorkerMetrics& ServerMetrics::AddWorker() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return workers_.emplace_back(labels_);
}

void ServerMetrics::AddGauge(const MetricDescription& description, MetricLabels labels,
                             Figure figure) {
  AddFigure(MetricType::kGauge, description, std::move(labels), std::move(figure));
}

void ServerMetrics::AddCounter(const MetricDescription& description, MetricLabels labels,
                               Figure figure) {
  AddFigure(MetricType::kCounter, description, std::move(labels), std::move(figure));
}

void ServerMetrics::AddFigure(MetricType type, const MetricDescription& description,
                              MetricLabels labels, Figure figure) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (FigureFamily& family : figures_) {
    if (family.name != description.name) continue;
    assert(family.type == type);
    family.figures.push_back({std::move(labels), std::move(figure)});
    return;
  }
  FigureFamily& family = figures_.emplace_back();
  family.type = type;
  family.name = description.name;
  family.help = description.help;
  family.figures.push_back({std::move(labels), std::move(figure)});
}

std::string ServerMetrics::Render() const {
  const BucketBounds bounds;
  ExpositionText text;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    CollectRequests(text, bounds, workers_, labels_);
    CollectConnections(text, workers_);
    CollectLoopLag(text, bounds, workers_);
    CollectCommits(text, bounds, commit_);
    for (const FigureFamily& family : figures_) {
      text.BeginFamily(family.type, {family.name, family.help});
      for (const LabelledFigure& labelled : family.figures) {
        text.AddValue(labelled.figure(), labelled.labels);
      }
    }
  }
  text.BeginFamily(MetricType::kGauge, metric::kBuildInfo);
  text.AddValue(
      1, {{"version", build_.version}, {"commit", build_.commit}, {"engine", build_.engine}});
  CollectProcess(text);
  return text.Take();
}

}  // namespace products
