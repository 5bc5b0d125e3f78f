#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/metric_histogram.h"
#include "cli/scrape.h"

namespace products::cli {

/// What one scrape says of the moment. What the server does not tell, or tells as what is no finite
/// number or of another type, is absent.
struct ServerState {
  std::optional<std::string> version;
  std::optional<std::string> commit;
  std::optional<std::string> engine;
  std::optional<double> start_unix_seconds;
  std::optional<double> products;
  std::optional<double> connections;
  std::optional<double> requests_in_flight;
  std::optional<double> commit_queue_depth;
  std::optional<double> writes_stopped;
  std::optional<double> table_bytes;
  std::optional<double> stored_bytes;
  std::optional<double> max_stored_bytes;
  std::optional<double> resident_bytes;
  std::optional<double> backup_running;
  std::optional<double> backup_failures;
  std::optional<double> backup_last_success_unix_seconds;  ///< 0: none since the start
  std::optional<double> backup_last_bytes;
};
ServerState ReadState(const MetricsText& metrics);

/// Absent where nothing was observed.
struct Quantiles {
  std::optional<double> p50;
  std::optional<double> p99;
  std::optional<double> p999;
  /// The lowest bound: a quantile below it is known only to be below it.
  double floor = 0.0;
};
Quantiles QuantilesOf(const MetricHistogram& histogram);

/// A second of the time between two scrapes.
struct RequestFigures {
  double per_second = 0.0;
  double failed_per_second = 0.0;  ///< answered 5xx
  Quantiles seconds;
};

struct RouteFigures {
  std::string method;
  std::string route;
  RequestFigures requests;
};

struct CommitFigures {
  double per_second = 0.0;
  std::optional<double> changes_per_second;
  Quantiles seconds;
  Quantiles queue_wait_seconds;
};

struct ServerRates {
  double interval_seconds = 0.0;
  /// The process is another one than at the first scrape: its figures count from its start.
  bool restarted = false;
  /// Of all routes but /metrics, so that who looks does not show; absent without such metrics.
  std::optional<RequestFigures> requests;
  /// By method and route, in their order as texts; those without a request in the interval too.
  std::vector<RouteFigures> routes;
  std::optional<CommitFigures> commits;
  std::optional<double> refused_per_second;
  std::optional<double> cpu_cores;
};
ServerRates ReadRates(const Scrape& before, const Scrape& after);

}  // namespace products::cli
