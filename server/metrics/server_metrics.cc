#include "server/metrics/server_metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <sstream>
#include <utility>

#include "server/metrics/process_figures.h"

namespace products {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Families = std::vector<MetricFamily>;

MetricFamily& AddFamily(Families& families, MetricType type, std::string_view name,
                        std::string_view help) {
  MetricFamily& family = families.emplace_back();
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

MetricFamily& AddFamily(Families& families, MetricType type, const MetricDescription& metric) {
  return AddFamily(families, type, metric.name, metric.help);
}

void AddValue(MetricFamily& family, double value, const MetricLabels& labels = {}) {
  ClientMetric& metric = family.metric.emplace_back();
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

// The cumulative form of `counts`. _count is the sum of the buckets, not a figure of its own, so
// that the two cannot disagree.
template <std::size_t kBuckets, typename BoundOf>
void AddHistogram(MetricFamily& family, const HistogramCounts<kBuckets>& counts, BoundOf bound_of,
                  double values_per_unit, const MetricLabels& labels = {}) {
  ClientMetric& metric = family.metric.emplace_back();
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  std::uint64_t cumulative = 0;
  metric.histogram.bucket.reserve(kBuckets);
  for (std::size_t i = 0; i + 1 < kBuckets; ++i) {
    cumulative += counts.buckets[i];
    // The serializer adds the +Inf bucket by itself.
    metric.histogram.bucket.push_back({cumulative, bound_of(i)});
  }
  metric.histogram.sample_count = cumulative + counts.buckets.back();
  metric.histogram.sample_sum = static_cast<double>(counts.sum) / values_per_unit;
}

constexpr double kNanosecondsPerSecond = 1e9;

double LatencyBoundSeconds(std::size_t bucket) {
  // A division of whole numbers is the double nearest to the decimal fraction; a product with 1e-9
  // is not always.
  return static_cast<double>(LatencyBucketBound(bucket).count()) / kNanosecondsPerSecond;
}

void AddLatency(MetricFamily& family, const LatencyCounts& counts,
                const MetricLabels& labels = {}) {
  AddHistogram(family, counts, LatencyBoundSeconds, kNanosecondsPerSecond, labels);
}

void CollectRequests(Families& families, const std::deque<WorkerMetrics>& workers,
                     const RequestLabels& labels) {
  MetricFamily& family = AddFamily(families, MetricType::Histogram, metric::kRequestDuration);
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
    AddLatency(family, counts, {{"method", method}, {"route", route}, {"code", code}});
  };
  // The order in which WorkerMetrics numbers its series.
  for (const std::string& route : labels.routes) {
    for (const std::string& method : labels.methods) {
      for (const int code : labels.codes) add_series(route, method, std::to_string(code));
      add_series(route, method, "other");
    }
  }
  if (family.metric.empty()) families.pop_back();
}

void CollectConnections(Families& families, const std::deque<WorkerMetrics>& workers) {
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

  AddValue(AddFamily(families, MetricType::Gauge, metric::kRequestsInFlight),
           static_cast<double>(requests_in_flight));
  AddValue(AddFamily(families, MetricType::Gauge, metric::kConnections),
           static_cast<double>(connections));
  MetricFamily& by_outcome = AddFamily(families, MetricType::Counter, metric::kConnectionsTotal);
  for (std::size_t i = 0; i < ended.size(); ++i) {
    const auto name = ConnectionOutcomeName(static_cast<ConnectionOutcome>(i));
    AddValue(by_outcome, static_cast<double>(ended[i]), {{"outcome", std::string(name)}});
  }
  MetricFamily& by_reason = AddFamily(families, MetricType::Counter, metric::kRequestsRefused);
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const auto name = RefusedReasonName(static_cast<RefusedReason>(i));
    AddValue(by_reason, static_cast<double>(refused[i]), {{"reason", std::string(name)}});
  }
  MetricFamily& by_parse_error = AddFamily(families, MetricType::Counter, metric::kParseErrors);
  for (std::size_t i = 0; i < parse_errors.size(); ++i) {
    const auto name = ParseErrorReasonName(static_cast<ParseErrorReason>(i));
    AddValue(by_parse_error, static_cast<double>(parse_errors[i]), {{"error", std::string(name)}});
  }
  AddValue(AddFamily(families, MetricType::Counter, metric::kReceivedBytes),
           static_cast<double>(received_bytes));
  AddValue(AddFamily(families, MetricType::Counter, metric::kSentBytes),
           static_cast<double>(sent_bytes));
}

// One series a worker. A worker that never had a tick is one that Pistache only makes others of.
void CollectLoopLag(Families& families, const std::deque<WorkerMetrics>& workers) {
  MetricFamily& family = AddFamily(families, MetricType::Histogram, metric::kEventLoopLag);
  constexpr double kUnitSeconds = std::chrono::duration<double>(LagHistogram::kUnit).count();
  std::size_t number = 0;
  for (const WorkerMetrics& worker : workers) {
    SizeCounts counts;
    worker.loop_lag().AddTo(counts);
    const std::string label = std::to_string(number++);
    if (std::all_of(counts.buckets.begin(), counts.buckets.end(),
                    [](std::uint64_t count) { return count == 0; })) {
      continue;
    }
    AddHistogram(family, counts,
                 [](std::size_t bucket) {
                   return static_cast<double>(SizeBucketBound(bucket)) * kUnitSeconds;
                 },
                 kNanosecondsPerSecond, {{"worker", label}});
  }
  if (family.metric.empty()) families.pop_back();
}

void CollectCommits(Families& families, const CommitMetrics& commit) {
  SizeCounts batch_size;
  commit.batch_size().AddTo(batch_size);
  AddHistogram(
      AddFamily(families, MetricType::Histogram, metric::kCommitBatchSize), batch_size,
      [](std::size_t bucket) { return static_cast<double>(SizeBucketBound(bucket)); }, 1.0);
  LatencyCounts duration;
  commit.duration().AddTo(duration);
  AddLatency(AddFamily(families, MetricType::Histogram, metric::kCommitDuration), duration);
  LatencyCounts queue_wait;
  commit.queue_wait().AddTo(queue_wait);
  AddLatency(AddFamily(families, MetricType::Histogram, metric::kCommitQueueWait), queue_wait);
  AddValue(AddFamily(families, MetricType::Counter, metric::kCommitBytes),
           static_cast<double>(commit.bytes()));
  AddValue(AddFamily(families, MetricType::Counter, metric::kCommitFailures),
           static_cast<double>(commit.failures()));
}

// The names that every Prometheus client library uses.
void CollectProcess(Families& families) {
  const ProcessFigures figures = ReadProcessFigures();
  const auto add = [&families](MetricType type, std::string_view name, std::string_view help,
                               std::optional<double> value) {
    if (value) AddValue(AddFamily(families, type, name, help), *value);
  };
  add(MetricType::Counter, "process_cpu_seconds_total",
      "Total user and system CPU time spent in seconds.", figures.cpu_seconds);
  add(MetricType::Gauge, "process_open_fds", "Number of open file descriptors.", figures.open_fds);
  add(MetricType::Gauge, "process_max_fds", "Maximum number of open file descriptors.",
      figures.max_fds);
  add(MetricType::Gauge, "process_resident_memory_bytes", "Resident memory size in bytes.",
      figures.resident_memory_bytes);
  add(MetricType::Gauge, "process_virtual_memory_bytes", "Virtual memory size in bytes.",
      figures.virtual_memory_bytes);
  add(MetricType::Gauge, "process_start_time_seconds",
      "Start time of the process since unix epoch in seconds.", figures.start_time_seconds);
  add(MetricType::Gauge, "process_threads", "Number of OS threads.", figures.threads);
  const auto add_ours = [&families](const MetricDescription& metric, std::optional<double> value) {
    if (value) AddValue(AddFamily(families, MetricType::Counter, metric), *value);
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
  AddFigure(FigureType::kGauge, description, std::move(labels), std::move(figure));
}

void ServerMetrics::AddCounter(const MetricDescription& description, MetricLabels labels,
                               Figure figure) {
  AddFigure(FigureType::kCounter, description, std::move(labels), std::move(figure));
}

void ServerMetrics::AddFigure(FigureType type, const MetricDescription& description,
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
  Families families;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    CollectRequests(families, workers_, labels_);
    CollectConnections(families, workers_);
    CollectLoopLag(families, workers_);
    CollectCommits(families, commit_);
    for (const FigureFamily& figure_family : figures_) {
      const MetricType type =
          figure_family.type == FigureType::kCounter ? MetricType::Counter : MetricType::Gauge;
      MetricFamily& family = AddFamily(families, type, figure_family.name, figure_family.help);
      for (const LabelledFigure& labelled : figure_family.figures) {
        AddValue(family, labelled.figure(), labelled.labels);
      }
    }
  }
  AddValue(AddFamily(families, MetricType::Gauge, metric::kBuildInfo), 1,
           {{"version", build_.version}, {"commit", build_.commit}, {"engine", build_.engine}});
  CollectProcess(families);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

}  // namespace products
