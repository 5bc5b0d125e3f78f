#include "cli/server_figures.h"

#include <chrono>
#include <map>
#include <string_view>
#include <utility>

namespace products::cli {
namespace {

constexpr std::string_view kRequestDuration = "http_request_duration_seconds";

std::string Label(const MetricLabels& labels, std::string_view name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

// A counter's growth; one that fell has begun anew.
double Growth(double before, double after) { return after < before ? after : after - before; }

const MetricHistogram* FindSeries(const MetricFamily* family, const MetricLabels& labels) {
  if (family == nullptr) return nullptr;
  const auto found = family->histograms.find(labels);
  return found == family->histograms.end() ? nullptr : &found->second;
}

struct RouteSum {
  MetricHistogram histogram;
  double failed = 0.0;
};

RequestFigures FiguresOf(const RouteSum& sum, double seconds) {
  return {sum.histogram.count() / seconds, sum.failed / seconds, QuantilesOf(sum.histogram)};
}

// Series whose buckets are not those of the others are left out of the sum.
void Add(RouteSum& into, const MetricHistogram& histogram, bool has_failed) {
  if (AddHistogram(into.histogram, histogram) && has_failed) into.failed += histogram.count();
}

class Comparison {
 public:
  Comparison(const Scrape& before, const Scrape& after) : before_(before), after_(after) {
    rates_.interval_seconds = std::chrono::duration<double>(after.time - before.time).count();
    const auto started_before = before.metrics.FindGauge("process_start_time_seconds");
    const auto started_after = after.metrics.FindGauge("process_start_time_seconds");
    rates_.restarted = started_before && started_after && *started_before != *started_after;
  }

  ServerRates Run() {
    if (!(rates_.interval_seconds > 0.0)) return rates_;
    CompareRequests();
    CompareCommits();
    rates_.refused_per_second = RateOfFamily("productd_requests_refused_total");
    rates_.cpu_cores = RateOfFamily("process_cpu_seconds_total");
    return rates_;
  }

 private:
  const MetricFamily* FindBefore(std::string_view name, MetricType type) const {
    return rates_.restarted ? nullptr : before_.metrics.Find(name, type);
  }

  void CompareRequests() {
    const MetricFamily* after = after_.metrics.Find(kRequestDuration, MetricType::kHistogram);
    if (after == nullptr) {
      // A server that has other metrics and not this one has not answered anything yet.
      if (after_.metrics.FindGauge("http_requests_in_flight")) rates_.requests.emplace();
      return;
    }
    const MetricFamily* before = FindBefore(kRequestDuration, MetricType::kHistogram);
    RouteSum total;
    std::map<std::pair<std::string, std::string>, RouteSum> routes;
    for (const auto& [labels, histogram] : after->histograms) {
      const MetricHistogram* earlier = FindSeries(before, labels);
      if (earlier != nullptr && histogram.count() < earlier->count()) rates_.restarted = true;
      const MetricHistogram since = HistogramSince(earlier, histogram);
      const std::string route = Label(labels, "route");
      const bool has_failed = Label(labels, "code").starts_with('5');
      Add(routes[{route, Label(labels, "method")}], since, has_failed);
      if (route != "/metrics") Add(total, since, has_failed);
    }
    for (const auto& [key, sum] : routes) {
      rates_.routes.push_back({key.second, key.first, FiguresOf(sum, rates_.interval_seconds)});
    }
    rates_.requests = FiguresOf(total, rates_.interval_seconds);
  }

  std::optional<MetricHistogram> Since(std::string_view name) const {
    const MetricHistogram* after = after_.metrics.FindHistogram(name);
    if (after == nullptr) return std::nullopt;
    return HistogramSince(FindSeries(FindBefore(name, MetricType::kHistogram), {}), *after);
  }

  void CompareCommits() {
    const auto durations = Since("productd_commit_duration_seconds");
    if (!durations) return;
    CommitFigures& commits = rates_.commits.emplace();
    commits.per_second = durations->count() / rates_.interval_seconds;
    commits.seconds = QuantilesOf(*durations);
    if (const auto sizes = Since("productd_commit_batch_size")) {
      commits.changes_per_second = sizes->sum / rates_.interval_seconds;
    }
    if (const auto waits = Since("productd_commit_queue_wait_seconds")) {
      commits.queue_wait_seconds = QuantilesOf(*waits);
    }
  }

  // Of all series of a counter together.
  std::optional<double> RateOfFamily(std::string_view name) const {
    const MetricFamily* after = after_.metrics.Find(name, MetricType::kCounter);
    if (after == nullptr) return std::nullopt;
    const MetricFamily* before = FindBefore(name, MetricType::kCounter);
    double growth = 0.0;
    for (const auto& [labels, value] : after->values) {
      double earlier = 0.0;
      if (before != nullptr) {
        const auto found = before->values.find(labels);
        if (found != before->values.end()) earlier = found->second;
      }
      growth += Growth(earlier, value);
    }
    return growth / rates_.interval_seconds;
  }

  const Scrape& before_;
  const Scrape& after_;
  ServerRates rates_;
};

}  // namespace

ServerState ReadState(const MetricsText& metrics) {
  ServerState state;
  const MetricFamily* info = metrics.Find("productd_build_info", MetricType::kGauge);
  if (info != nullptr && !info->values.empty()) {
    const MetricLabels& labels = info->values.begin()->first;
    const auto text = [&labels](std::string_view name) -> std::optional<std::string> {
      const auto found = labels.find(name);
      if (found == labels.end()) return std::nullopt;
      return found->second;
    };
    state.version = text("version");
    state.commit = text("commit");
    state.engine = text("engine");
  }
  state.start_unix_seconds = metrics.FindGauge("process_start_time_seconds");
  state.products = metrics.FindGauge("productd_products");
  state.connections = metrics.FindGauge("productd_connections");
  state.requests_in_flight = metrics.FindGauge("http_requests_in_flight");
  state.commit_queue_depth = metrics.FindGauge("productd_commit_queue_depth");
  state.writes_stopped = metrics.FindGauge("productd_writes_stopped");
  state.table_bytes = metrics.FindGauge("productd_table_bytes");
  state.stored_bytes = metrics.FindGauge("productd_stored_bytes");
  state.max_stored_bytes = metrics.FindGauge("productd_max_stored_bytes");
  state.resident_bytes = metrics.FindGauge("process_resident_memory_bytes");
  state.backup_running = metrics.FindGauge("productd_backup_running");
  state.backup_failures = metrics.FindCounter("productd_backup_failures_total");
  state.backup_last_success_unix_seconds =
      metrics.FindGauge("productd_backup_last_success_timestamp_seconds");
  state.backup_last_bytes = metrics.FindGauge("productd_backup_last_bytes");
  return state;
}

Quantiles QuantilesOf(const MetricHistogram& histogram) {
  return {HistogramQuantile(histogram, 0.5), HistogramQuantile(histogram, 0.99),
          HistogramQuantile(histogram, 0.999),
          histogram.bounds.size() < 2 ? 0.0 : histogram.bounds.front()};
}

ServerRates ReadRates(const Scrape& before, const Scrape& after) {
  return Comparison(before, after).Run();
}

}  // namespace products::cli
