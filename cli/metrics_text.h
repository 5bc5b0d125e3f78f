#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "cli/metric_histogram.h"
#include "core/base/result.h"

namespace products::cli {

/// Names and values; a series of a family is known by all of them.
using MetricLabels = std::map<std::string, std::string, std::less<>>;

enum class MetricType {
  kCounter,
  kGauge,
  kHistogram,
  kOther,  ///< Summaries, and samples without a type: read as values.
};

struct MetricFamily {
  MetricType type = MetricType::kOther;
  /// Empty for a histogram, whose series are in `histograms`. A counter's are finite and at least
  /// 0; a gauge may be anything, NaN too.
  std::map<MetricLabels, double> values;
  std::map<MetricLabels, MetricHistogram> histograms;
};

/// One answer of GET /metrics in Prometheus' text format 0.0.4, read strictly: what breaks off, is
/// there twice, or is a histogram that cannot be one is refused as a whole, for half a scrape reads
/// as a fall of every counter.
class MetricsText {
 public:
  /// Time and memory are linear in `text`, whose length the caller bounds. kCorrupt with the number
  /// of the line at fault.
  static Result<MetricsText> Parse(std::string_view text);

  /// Absent when there is none of that name and type.
  const MetricFamily* Find(std::string_view name, MetricType type) const;
  /// The value of the series without labels; absent as well when it is not a finite number.
  std::optional<double> FindGauge(std::string_view name) const;
  std::optional<double> FindCounter(std::string_view name) const;
  /// The series without labels.
  const MetricHistogram* FindHistogram(std::string_view name) const;

 private:
  std::optional<double> FindValue(std::string_view name, MetricType type) const;

  std::map<std::string, MetricFamily, std::less<>> families_;
};

}  // namespace products::cli
