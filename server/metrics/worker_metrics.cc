#include "server/metrics/worker_metrics.h"

#include <cassert>

namespace products {

WorkerMetrics::WorkerMetrics(const RequestLabels& labels)
    : methods_(labels.methods.size()),
      codes_(labels.codes.size() + 1),
      series_count_(labels.routes.size() * methods_ * codes_),
      series_(std::make_unique<std::atomic<LatencyHistogram*>[]>(series_count_)) {
  assert(codes_ <= 256);
  place_of_code_.fill(static_cast<std::uint8_t>(codes_ - 1));
  for (std::size_t place = 0; place < labels.codes.size(); ++place) {
    const int code = labels.codes[place];
    assert(code >= kLowestCode && code <= kHighestCode);
    place_of_code_[static_cast<std::size_t>(code - kLowestCode)] = static_cast<std::uint8_t>(place);
  }
}

WorkerMetrics::~WorkerMetrics() {
  for (std::size_t i = 0; i < series_count_; ++i) {
    delete series_[i].load(std::memory_order_relaxed);
  }
}

LatencyHistogram* WorkerMetrics::AddSeries(std::size_t series) {
  assert(series < series_count_);
  auto histogram = std::make_unique<LatencyHistogram>();
  series_[series].store(histogram.get(), std::memory_order_release);
  return histogram.release();
}

}  // namespace products
