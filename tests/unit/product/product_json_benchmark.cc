#include <benchmark/benchmark.h>

#include <string>

#include "core/product/product_json.h"

namespace products {
namespace {

// The contract's sample, 122 bytes.
const Product kSample = {1, "ABC-123-XYZ", "Acme Corporation", 456, 1250, 789};

void ParseTheSample(benchmark::State& state) {
  const std::string json = RenderProduct(kSample);
  while (state.KeepRunning()) benchmark::DoNotOptimize(ParseProduct(json, 1));
}
BENCHMARK(ParseTheSample);

void RefuseTheSampleForItsLastByte(benchmark::State& state) {
  const std::string json = RenderProduct(kSample) + "x";
  while (state.KeepRunning()) benchmark::DoNotOptimize(ParseProduct(json, 1));
}
BENCHMARK(RefuseTheSampleForItsLastByte);

// As large as a request body may be by default, in the one token that is copied byte by byte.
void RefuseALongText(benchmark::State& state) {
  const std::string json = R"({"sku":")" + std::string(65'000, 'a') + R"("})";
  while (state.KeepRunning()) benchmark::DoNotOptimize(ParseProduct(json, 1));
}
BENCHMARK(RefuseALongText);

void RenderTheSample(benchmark::State& state) {
  std::string json;
  while (state.KeepRunning()) {
    json.clear();
    AppendProduct(json, kSample);
    benchmark::DoNotOptimize(json);
  }
}
BENCHMARK(RenderTheSample);

}  // namespace
}  // namespace products

BENCHMARK_MAIN();
