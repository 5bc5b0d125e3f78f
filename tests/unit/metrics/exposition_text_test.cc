#include "server/metrics/exposition_text.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

namespace products {
namespace {

constexpr MetricDescription kTries{"productd_tries_total", "Tries."};
constexpr MetricDescription kWait{"productd_wait_seconds", "Waits."};

TEST(ExpositionText, NumbersAreWhatAPersonWouldWrite) {
  struct Row {
    double value;
    const char* text;
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Row rows[] = {
      {0, "0"},
      {-0.5, "-0.5"},
      {5e-05, "5e-05"},
      {0.0001, "0.0001"},
      {0.01043, "0.01043"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1e6, "1000000"},
      {1764091234.25, "1764091234.25"},
      {9007199254740991, "9.007199254740991e+15"},
      {999999999999999, "999999999999999"},
      {kInfinity, "+Inf"},
      {-kInfinity, "-Inf"},
      {std::nan(""), "NaN"},
  };
  for (const Row& row : rows) EXPECT_EQ(ExpositionText::Number(row.value), row.text);
}

TEST(ExpositionText, EveryNumberReadsBackAsItself) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = ExpositionText::Number(value);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
  }
}

TEST(ExpositionText, HeaderIsThereOnceAndOnlyWithAValue) {
  ExpositionText text;
  text.BeginFamily(MetricType::kHistogram, kWait);
  text.BeginFamily(MetricType::kCounter, kTries);
  text.AddValue(1, {{"kind", "a"}});
  text.AddValue(2, {{"kind", "b"}, {"why", "\"\\\n"}});
  EXPECT_EQ(text.Take(),
            "# HELP productd_tries_total Tries.\n"
            "# TYPE productd_tries_total counter\n"
            "productd_tries_total{kind=\"a\"} 1\n"
            "productd_tries_total{kind=\"b\",why=\"\\\"\\\\\\n\"} 2\n");
}

TEST(ExpositionText, HistogramsAreCumulativeAndEndAtTheirCount) {
  const std::array<std::string, 2> bounds = {"0.001", "0.002"};
  const std::array<std::uint64_t, 3> counts = {3, 0, 4};
  ExpositionText text;
  text.BeginFamily(MetricType::kHistogram, kWait);
  text.AddHistogram(bounds, counts, 0.25, {{"method", "GET"}});
  text.AddHistogram(bounds, counts, 0.25);
  EXPECT_EQ(text.Take(),
            "# HELP productd_wait_seconds Waits.\n"
            "# TYPE productd_wait_seconds histogram\n"
            "productd_wait_seconds_bucket{method=\"GET\",le=\"0.001\"} 3\n"
            "productd_wait_seconds_bucket{method=\"GET\",le=\"0.002\"} 3\n"
            "productd_wait_seconds_bucket{method=\"GET\",le=\"+Inf\"} 7\n"
            "productd_wait_seconds_sum{method=\"GET\"} 0.25\n"
            "productd_wait_seconds_count{method=\"GET\"} 7\n"
            "productd_wait_seconds_bucket{le=\"0.001\"} 3\n"
            "productd_wait_seconds_bucket{le=\"0.002\"} 3\n"
            "productd_wait_seconds_bucket{le=\"+Inf\"} 7\n"
            "productd_wait_seconds_sum 0.25\n"
            "productd_wait_seconds_count 7\n");
}

}  // namespace
}  // namespace products
