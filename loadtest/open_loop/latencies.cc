#include "loadtest/open_loop/latencies.h"

#include <algorithm>

namespace products::open_loop {

Latencies::Summary Latencies::Summarize() const {
  if (all_.empty()) return {};
  std::vector<std::chrono::nanoseconds> sorted = all_;
  std::sort(sorted.begin(), sorted.end());
  // In thousandths, for 0.99 * 100 is more than 99 in binary.
  const auto quantile = [&sorted](std::size_t thousandths) {
    const std::size_t rank = (sorted.size() * thousandths + 999) / 1000;
    return sorted[rank - 1];
  };
  return {sorted.size(), quantile(500), quantile(900), quantile(990), quantile(999), sorted.back()};
}

}  // namespace products::open_loop
