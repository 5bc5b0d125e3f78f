#include "tests/cli/fake_metrics.h"

#include <array>
#include <cstdio>
#include <numeric>

namespace products::cli {
namespace {

constexpr std::array<const char*, 5> kBounds = {"5e-05", "0.001", "0.01", "0.1", "+Inf"};

std::string Number(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.15g", value);
  return text.data();
}

void AppendHistogram(std::string& out, const std::string& name, const std::string& labels,
                     const FakeCounts& counts, double sum) {
  const std::string braced = labels.empty() ? "" : "{" + labels + "}";
  const double count = std::accumulate(counts.begin(), counts.end(), 0.0);
  out += name + "_count" + braced + " " + Number(count) + "\n";
  out += name + "_sum" + braced + " " + Number(sum) + "\n";
  double cumulative = 0.0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    cumulative += counts[i];
    out += name + "_bucket{" + labels + (labels.empty() ? "" : ",") + "le=\"" + kBounds[i] +
           "\"} " + Number(cumulative) + "\n";
  }
}

void AppendValue(std::string& out, const std::string& type, const std::string& name, double value) {
  out += "# HELP " + name + " A figure.\n# TYPE " + name + " " + type + "\n";
  out += name + " " + Number(value) + "\n";
}

FakeCounts Times(FakeCounts counts, double factor) {
  for (double& count : counts) count *= factor;
  return counts;
}

}  // namespace

std::string RenderFakeMetrics(const FakeFigures& figures) {
  std::string out;
  if (!figures.series.empty()) out += "# TYPE http_request_duration_seconds histogram\n";
  for (const FakeSeries& series : figures.series) {
    AppendHistogram(out, "http_request_duration_seconds",
                    "method=\"" + series.method + "\",route=\"" + series.route + "\",code=\"" +
                        series.code + "\"",
                    series.counts, 1.0);
  }
  AppendValue(out, "gauge", "http_requests_in_flight", figures.in_flight);
  AppendValue(out, "gauge", "productd_connections", figures.connections);
  out += "# TYPE productd_requests_refused_total counter\n";
  out += "productd_requests_refused_total{reason=\"queue_full\"} " + Number(figures.refused) + "\n";
  out += "productd_requests_refused_total{reason=\"malformed\"} 0\n";
  out += "# TYPE productd_commit_duration_seconds histogram\n";
  AppendHistogram(out, "productd_commit_duration_seconds", "", figures.commits, 1.0);
  out += "# TYPE productd_commit_queue_wait_seconds histogram\n";
  AppendHistogram(out, "productd_commit_queue_wait_seconds", "", figures.commits, 1.0);
  const double commits = std::accumulate(figures.commits.begin(), figures.commits.end(), 0.0);
  out += "# TYPE productd_commit_batch_size histogram\n";
  AppendHistogram(out, "productd_commit_batch_size", "", {commits, 0, 0, 0, 0}, 2 * commits);
  AppendValue(out, "gauge", "productd_products", figures.products);
  AppendValue(out, "gauge", "productd_table_bytes", 190.0 * 1024 * 1024);
  AppendValue(out, "gauge", "productd_commit_queue_depth", figures.queue_depth);
  AppendValue(out, "gauge", "productd_writes_stopped", figures.writes_stopped);
  AppendValue(out, "gauge", "productd_stored_bytes", 1.25 * 1024 * 1024 * 1024);
  AppendValue(out, "gauge", "productd_max_stored_bytes", 64.0 * 1024 * 1024 * 1024);
  AppendValue(out, "gauge", "productd_backup_running", figures.backup_running);
  AppendValue(out, "gauge", "productd_backup_products", figures.backup_products);
  AppendValue(out, "counter", "productd_backup_failures_total", 0);
  AppendValue(out, "gauge", "productd_backup_last_success_timestamp_seconds",
              figures.backup_last_success);
  AppendValue(out, "gauge", "productd_backup_last_bytes", 157.0 * 1024 * 1024);
  out +=
      "# TYPE productd_build_info gauge\n"
      "productd_build_info{version=\"9.8.7\",commit=\"abcdef\",engine=\"lmdb\"} 1\n";
  AppendValue(out, "counter", "process_cpu_seconds_total", figures.cpu_seconds);
  AppendValue(out, "gauge", "process_resident_memory_bytes", 300.0 * 1024 * 1024);
  if (figures.start_unix_seconds > 0) {
    AppendValue(out, "gauge", "process_start_time_seconds", figures.start_unix_seconds);
  }
  return out;
}

FakeFigures BusyFigures(int scrape) {
  const double times = 1.0 + scrape;
  FakeFigures figures;
  figures.refused = times;
  figures.cpu_seconds = 0.5 * times;
  figures.commits = Times({0, 1, 4, 0, 0}, times);
  figures.series = {
      {"GET", "/metrics", "200", Times({0, 1, 0, 0, 0}, times)},
      {"GET", "/products/{productId}", "200", Times({40, 58, 0, 1, 0}, times)},
      {"GET", "/products/{productId}", "404", Times({1, 0, 0, 0, 0}, times)},
      {"POST", "/products/{productId}/details", "204", Times({0, 2, 7, 0, 0}, times)},
      {"POST", "/products/{productId}/details", "503", Times({1, 0, 0, 0, 0}, times)},
      {"GET", "/version", "200", {0, 1, 0, 0, 0}},
  };
  return figures;
}

}  // namespace products::cli
