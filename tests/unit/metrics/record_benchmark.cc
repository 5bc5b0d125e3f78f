#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>

#include "server/metrics/server_metrics.h"

namespace products {
namespace {

const RequestLabels kLabels{{"GET", "HEAD", "POST", "DELETE"},
                            {"/products/{id}", "/products/{id}/details", "/products", "/health"},
                            {200, 204, 304, 400, 404, 405, 413, 503}};

// Latencies from 50 us to 10 s in an order that no branch predictor learns.
std::chrono::nanoseconds NextLatency(std::uint64_t& state) {
  state = state * 6364136223846793005 + 1442695040888963407;
  return std::chrono::nanoseconds(50'000ULL << ((state >> 40) % 17));
}

void BenchmarkRecordRequest(benchmark::State& state) {
  WorkerMetrics worker(kLabels);
  std::uint64_t random = 1;
  while (state.KeepRunning()) worker.RecordRequest(0, 0, 200, NextLatency(random));
}
BENCHMARK(BenchmarkRecordRequest);

// A scrape with as many series of request durations as the argument says.
void BenchmarkRender(benchmark::State& state) {
  ServerMetrics metrics(kLabels, {"1.0.0", "abc", "memory"});
  WorkerMetrics& worker = metrics.AddWorker();
  std::uint64_t random = 1;
  for (std::int64_t i = 0; i < 1000 * state.range(0); ++i) {
    const auto series = static_cast<std::size_t>(i % state.range(0));
    worker.RecordRequest(series / 32, series / 8 % 4, kLabels.codes[series % 8],
                         NextLatency(random));
  }
  while (state.KeepRunning()) benchmark::DoNotOptimize(metrics.Render());
}
BENCHMARK(BenchmarkRender)->Arg(1)->Arg(16)->Arg(128);

}  // namespace
}  // namespace products

BENCHMARK_MAIN();
