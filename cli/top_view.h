#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/output.h"
#include "cli/scrape.h"
#include "cli/server_figures.h"

namespace products::cli {

/// What `top` knows: the last two scrapes compared, and the rates of the intervals before. One
/// thread.
class TopView {
 public:
  explicit TopView(std::string endpoint) : endpoint_(std::move(endpoint)) {}

  /// The next scrape; from the second on there are rates.
  void Add(Scrape scrape);
  /// No scrape came this time; shown until one does.
  void SetFailure(std::string failure) { failure_ = std::move(failure); }

  bool has_rates() const { return intervals_ > 0; }
  const std::string& endpoint() const { return endpoint_; }
  const ServerState& state() const { return state_; }
  const ServerRates& rates() const { return rates_; }
  const std::optional<std::string>& failure() const { return failure_; }

  /// Requests or commits a second of one line of the view, oldest first; no longer than kHistory.
  using History = std::deque<double>;
  static constexpr std::size_t kHistory = 120;
  const History& request_history() const { return requests_; }
  const History& commit_history() const { return commits_; }
  const History& route_history(const RouteFigures& route) const;

 private:
  using RouteKey = std::pair<std::string, std::string>;

  std::string endpoint_;
  std::optional<Scrape> last_;
  ServerState state_;
  ServerRates rates_;
  std::optional<std::string> failure_;
  std::size_t intervals_ = 0;
  History requests_;
  History commits_;
  std::map<RouteKey, History> routes_;
};

/// The last values as a line of block elements, `width` columns wide, the latest at the right end,
/// the highest shown one full; spaces where there are no values yet.
std::string RenderSparkline(const TopView::History& history, std::size_t width);

/// The view as lines, at most `rows` of at most `columns`; a line that does not fit is cut, routes
/// that do not are counted.
std::vector<std::string> RenderTop(const TopView& view, std::size_t columns, std::size_t rows,
                                   double now_unix_seconds, const Palette& palette);

/// One line an object:
///     {"endpoint":"...","interval_seconds":1,...,"routes":[{"method":"GET",...}]}
std::string RenderTopJson(const TopView& view);

/// A line for all requests, one a route and one for commits, then an empty line: kind, method,
/// route, per second, failed per second, p50, p99, p99.9 in seconds, separated by tabs.
std::string RenderTopPlain(const TopView& view);

}  // namespace products::cli
