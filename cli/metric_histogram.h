#pragma once

#include <optional>
#include <vector>

namespace products::cli {

/// A histogram as Prometheus has it: for each bound how many observations were at most that. Counts
/// are doubles because that is what the text format has.
struct MetricHistogram {
  /// Ascending; the last is +Inf. As long as `cumulative`, which never falls.
  std::vector<double> bounds;
  std::vector<double> cumulative;
  double sum = 0.0;

  double count() const { return cumulative.empty() ? 0.0 : cumulative.back(); }
};

/// What was observed between two scrapes of one process's series. A series that is new, whose
/// counts fell or whose bounds changed has begun anew in between: all of `after` counts then, as in
/// Prometheus' rate().
MetricHistogram HistogramSince(const MetricHistogram* before, const MetricHistogram& after);

/// Adds the observations of `other`; an empty `into` takes its bounds. False, and nothing is added,
/// when the bounds differ.
[[nodiscard]] bool AddHistogram(MetricHistogram& into, const MetricHistogram& other);

/// Prometheus' histogram_quantile for 0 <= `quantile` <= 1: linear between the bounds of the bucket
/// in which it falls, from 0 in the first; the highest finite bound when it falls beyond that.
/// Absent when nothing was observed or there is no finite bound.
std::optional<double> HistogramQuantile(const MetricHistogram& histogram, double quantile);

}  // namespace products::cli
