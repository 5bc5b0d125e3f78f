#include "tests/unit/metrics/exposition.h"

#include <cstdlib>
#include <sstream>

namespace products {

std::map<std::string, double> ParseExposition(const std::string& text) {
  std::map<std::string, double> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.rfind(' ');
    if (line.starts_with('#') || space == std::string::npos) continue;
    samples[line.substr(0, space)] = std::strtod(line.c_str() + space, nullptr);
  }
  return samples;
}

PrintedHistogram FindHistogram(const std::string& text, std::string_view name,
                               std::string_view labels) {
  PrintedHistogram histogram;
  std::string braced;
  std::string bucket_start = std::string(name) + "_bucket{";
  if (!labels.empty()) {
    braced.append("{").append(labels).append("}");
    bucket_start.append(labels).append(",");
  }
  bucket_start += "le=\"";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.rfind(' ');
    if (space == std::string::npos) continue;
    const double value = std::strtod(line.c_str() + space, nullptr);
    const std::string sample = line.substr(0, space);
    if (sample.starts_with(bucket_start)) {
      const double bound = std::strtod(sample.c_str() + bucket_start.size(), nullptr);
      histogram.buckets.push_back({bound, value});
    } else if (sample == std::string(name) + "_count" + braced) {
      histogram.count = value;
    } else if (sample == std::string(name) + "_sum" + braced) {
      histogram.sum = value;
    }
  }
  return histogram;
}

double QuantileOf(const PrintedHistogram& histogram, double quantile) {
  const double rank = quantile * histogram.count;
  double lower_bound = 0;
  double below = 0;
  for (const PrintedHistogram::Bucket& bucket : histogram.buckets) {
    if (bucket.cumulative_count >= rank) {
      return lower_bound + (bucket.upper_bound - lower_bound) * (rank - below) /
                               (bucket.cumulative_count - below);
    }
    lower_bound = bucket.upper_bound;
    below = bucket.cumulative_count;
  }
  return lower_bound;
}

}  // namespace products
