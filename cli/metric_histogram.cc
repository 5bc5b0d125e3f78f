#include "cli/metric_histogram.h"

#include <algorithm>
#include <cstddef>

namespace products::cli {

MetricHistogram HistogramSince(const MetricHistogram* before, const MetricHistogram& after) {
  if (before == nullptr || before->bounds != after.bounds) return after;
  MetricHistogram since = after;
  double previous = 0.0;
  for (std::size_t i = 0; i < since.cumulative.size(); ++i) {
    since.cumulative[i] -= before->cumulative[i];
    // A delta that falls from bound to bound: no single process counted so.
    if (since.cumulative[i] < previous) return after;
    previous = since.cumulative[i];
  }
  since.sum -= before->sum;
  return since;
}

bool AddHistogram(MetricHistogram& into, const MetricHistogram& other) {
  if (into.bounds.empty()) {
    into = other;
    return true;
  }
  if (into.bounds != other.bounds) return false;
  for (std::size_t i = 0; i < into.cumulative.size(); ++i) {
    into.cumulative[i] += other.cumulative[i];
  }
  into.sum += other.sum;
  return true;
}

std::optional<double> HistogramQuantile(const MetricHistogram& histogram, double quantile) {
  const std::size_t buckets = histogram.bounds.size();
  if (buckets < 2 || !(histogram.count() > 0.0)) return std::nullopt;
  const double rank = quantile * histogram.count();
  const auto finite_end = histogram.cumulative.end() - 1;
  const auto found = std::lower_bound(histogram.cumulative.begin(), finite_end, rank);
  if (found == finite_end) return histogram.bounds[buckets - 2];
  const auto bucket = static_cast<std::size_t>(found - histogram.cumulative.begin());
  const double end = histogram.bounds[bucket];
  if (bucket == 0 && end <= 0.0) return end;
  const double start = bucket == 0 ? 0.0 : histogram.bounds[bucket - 1];
  const double below = bucket == 0 ? 0.0 : histogram.cumulative[bucket - 1];
  const double inside = histogram.cumulative[bucket] - below;
  // Only the quantile 0 finds an empty bucket, the first.
  if (!(inside > 0.0)) return start;
  return start + (end - start) * ((rank - below) / inside);
}

}  // namespace products::cli
