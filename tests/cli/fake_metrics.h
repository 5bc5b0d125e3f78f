#pragma once

#include <optional>
#include <string>
#include <vector>

namespace products::cli {

/// Observations of one series: how many were in each of the buckets up to 50 µs, 1 ms, 10 ms, 100
/// ms and beyond.
using FakeCounts = std::vector<double>;

struct FakeSeries {
  std::string method;
  std::string route;
  std::string code;
  FakeCounts counts;
};

/// Figures of a productd that does not exist, for the text of its /metrics.
struct FakeFigures {
  double start_unix_seconds = 0;  ///< not told when 0
  double products = 1'000'000;
  double connections = 12;
  double in_flight = 3;
  double queue_depth = 7;
  double writes_stopped = 0;
  double refused = 0;
  double cpu_seconds = 10;
  double backup_running = 0;
  double backup_products = 0;
  double backup_last_success = 0;
  FakeCounts commits = {0, 0, 0, 0, 0};
  std::vector<FakeSeries> series = {};
};
std::string RenderFakeMetrics(const FakeFigures& figures);

/// `scrape` counts from 0. With each the server answers 100 reads of a product, mostly under 1 ms,
/// one in 10 to 100 ms; 10 upserts, one of them 503; and makes 5 commits.
FakeFigures BusyFigures(int scrape);

}  // namespace products::cli
