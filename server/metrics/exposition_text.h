#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "server/metrics/metric_names.h"

namespace products {

enum class MetricType { kCounter, kGauge, kHistogram };

/// Writes the Prometheus text format, version 0.0.4. One thread. Numbers have the fewest digits
/// that read back as the same double, and an exponent only below 0.0001 and from 1e15 on.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/
class ExpositionText {
 public:
  /// Whatever is added next belongs to this family, until the next one begins. A family without a
  /// value is not there: its header is written with its first.
  void BeginFamily(MetricType type, const MetricDescription& description);

  /// Of a counter or gauge. Label values may hold any bytes.
  void AddValue(double value, const MetricLabels& labels = {});

  /// One series of a histogram, in its cumulative form. `counts` has one more than `bounds`: what
  /// is above them all. `bounds` are label values, "0.001", ascending. The count is the sum of the
  /// buckets, not a figure of its own, so that the two cannot disagree.
  void AddHistogram(std::span<const std::string> bounds, std::span<const std::uint64_t> counts,
                    double sum, const MetricLabels& labels = {});

  std::string Take() { return std::move(text_); }

  /// As in the text: "5e-05", "0.01043", "1000000", "+Inf".
  static std::string Number(double value);

 private:
  void AppendHeader();
  void AppendSample(std::string_view suffix, double value);
  void SetLabels(const MetricLabels& labels);

  std::string text_;
  MetricType type_ = MetricType::kGauge;
  MetricDescription family_{};
  bool has_header_ = false;
  std::string labels_;  // of the series being added, without braces
};

}  // namespace products
