#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace products {

/// The samples of a text in the Prometheus format: `name{label="value",...}` and its value, with
/// the labels as they were printed.
std::map<std::string, double> ParseExposition(const std::string& text);

/// One histogram series of such a text.
struct PrintedHistogram {
  struct Bucket {
    double upper_bound;
    double cumulative_count;
  };
  std::vector<Bucket> buckets;  ///< As printed, the last one +Inf.
  double count = 0;
  double sum = 0;
};

/// `labels` as printed, without `le`: `method="GET",code="200"`; empty for none.
PrintedHistogram FindHistogram(const std::string& text, std::string_view name,
                               std::string_view labels);

/// What histogram_quantile of Prometheus makes of it: linear within a bucket.
double QuantileOf(const PrintedHistogram& histogram, double quantile);

}  // namespace products
