#include "cli/metrics_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace products::cli {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr char kSample[] =
    "# HELP http_request_duration_seconds How long \\n it took.\n"
    "# TYPE http_request_duration_seconds histogram\n"
    "http_request_duration_seconds_count{route=\"/a\"} 10\n"
    "http_request_duration_seconds_sum{route=\"/a\"} 1.5\n"
    "http_request_duration_seconds_bucket{route=\"/a\",le=\"0.1\"} 4\n"
    "http_request_duration_seconds_bucket{route=\"/a\",le=\"0.2\"} 8\n"
    "http_request_duration_seconds_bucket{route=\"/a\",le=\"+Inf\"} 10\n"
    "# TYPE productd_products gauge\n"
    "productd_products 1000\n"
    "# TYPE productd_commit_bytes_total counter\n"
    "productd_commit_bytes_total 1.5e3 1732550000000\n"
    "# TYPE productd_build_info gauge\n"
    "productd_build_info{version=\"1 \\\"a\\\" \\\\ \\n\",engine=\"lmdb\",} 1\n"
    "\n"
    "untyped_thing NaN\n";

TEST(MetricsText, ReadsCountersGaugesHistogramsAndEscapedLabels) {
  const Result<MetricsText> metrics = MetricsText::Parse(kSample);
  ASSERT_TRUE(metrics.ok()) << metrics.error().message;
  EXPECT_EQ(metrics->FindGauge("productd_products"), 1000.0);
  EXPECT_EQ(metrics->FindCounter("productd_commit_bytes_total"), 1500.0);
  EXPECT_EQ(metrics->FindCounter("productd_products"), std::nullopt) << "it is a gauge";
  EXPECT_EQ(metrics->FindGauge("productd_build_info"), std::nullopt) << "it has labels";
  const MetricFamily* info = metrics->Find("productd_build_info", MetricType::kGauge);
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->values.begin()->first.at("version"), "1 \"a\" \\ \n");
  const MetricFamily* durations =
      metrics->Find("http_request_duration_seconds", MetricType::kHistogram);
  ASSERT_NE(durations, nullptr);
  const MetricHistogram& histogram = durations->histograms.at({{"route", "/a"}});
  EXPECT_EQ(histogram.bounds, (std::vector<double>{0.1, 0.2, kInfinity}));
  EXPECT_EQ(histogram.cumulative, (std::vector<double>{4, 8, 10}));
  EXPECT_EQ(histogram.sum, 1.5);
  EXPECT_TRUE(MetricsText::Parse("").ok());
}

TEST(MetricsText, GaugeThatIsNoFiniteNumberIsNotThere) {
  const auto metrics =
      MetricsText::Parse("# TYPE a gauge\na NaN\n# TYPE b gauge\nb +Inf\n# TYPE c gauge\nc -2\n");
  ASSERT_TRUE(metrics.ok());
  EXPECT_EQ(metrics->FindGauge("a"), std::nullopt);
  EXPECT_EQ(metrics->FindGauge("b"), std::nullopt);
  EXPECT_EQ(metrics->FindGauge("c"), -2.0);
}

TEST(MetricsText, WhatIsNotTheFormatIsRefusedWithItsLine) {
  const std::string histogram = "# TYPE h histogram\n";
  struct Row {
    std::string text;
    std::string message;
  };
  const Row rows[] = {
      {"a 1", "line 1: it breaks off"},
      {"a 1\nb", "line 2: it breaks off"},
      {"<html>\n", "line 1: no metric name"},
      {"1a 1\n", "line 1: no metric name"},
      {"a\n", "line 1: the value is not a number"},
      {"a one\n", "line 1: the value is not a number"},
      {"a 1e999\n", "line 1: the value is not a number"},
      {"a 0x10\n", "line 1: the value is not a number"},
      {"a 1 2 3\n", "line 1: text behind the value"},
      {"a 1 now\n", "line 1: the timestamp is not a number"},
      {"a{ 1\n", "line 1: no label name"},
      {"a{b 1\n", "line 1: no \"=\" behind a label name"},
      {"a{=\"x\"} 1\n", "line 1: no label name"},
      {"a{b=\"x\n", "line 1: a label value that does not end, or an unknown escape"},
      {"a{b=\"\\t\"} 1\n", "line 1: a label value that does not end, or an unknown escape"},
      {"a{b=x} 1\n", "line 1: a label value without its quotes"},
      {"a{b=\"x\" c=\"y\"} 1\n", "line 1: labels that do not end"},
      {"a{b=\"x\",b=\"y\"} 1\n", "line 1: a label twice"},
      {"a 1\na 1\n", "line 2: a series twice"},
      {std::string("a\0b 1\n", 6), "line 1: a NUL byte"},
      {"a " + std::string(20'000, '1') + "\n", "line 1: longer than 16 KiB"},
      {"# TYPE a wheel\n", "line 1: an unknown type"},
      {"# TYPE a\n", "line 1: an unknown type"},
      {"# TYPE a gauge\n# TYPE a gauge\n",
       "line 2: a type behind samples of its metric, or a second one"},
      {"a 1\n# TYPE a gauge\n", "line 2: a type behind samples of its metric, or a second one"},
      {"# TYPE a counter\na -1\n", "line 2: a counter that is negative or no finite number"},
      {"# TYPE a counter\na NaN\n", "line 2: a counter that is negative or no finite number"},
      {histogram + "h 1\n", "line 2: a histogram with a value of its own"},
      {histogram + "h_bucket 1\n", "line 2: a bucket without its bound"},
      {histogram + "h_bucket{le=\"x\"} 1\n", "line 2: a bucket whose bound is not a number"},
      {histogram + "h_bucket{le=\"NaN\"} 1\n", "line 2: a bucket whose bound is not a number"},
      {histogram + "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n",
       "line 3: buckets whose bounds do not ascend"},
      {histogram + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"2\"} 1\n",
       "line 3: buckets whose counts fall"},
      {histogram + "h_bucket{le=\"1\"} NaN\n",
       "line 2: a count that is negative or no finite number"},
      {histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 1\n",
       "line 3: a histogram without sum or count"},
      {histogram + "h_bucket{le=\"1\"} 1\nh_count 1\nh_sum 1\n",
       "line 4: a histogram without its last bucket"},
      {histogram + "h_count 1\nh_sum 1\n", "line 3: a histogram without its last bucket"},
      {histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 2\nh_sum 1\n",
       "line 4: a histogram whose count is not its last bucket"},
      {histogram + "h_sum NaN\n", "line 2: a second sum, or one that is infinite"},
  };
  for (const Row& row : rows) {
    const Result<MetricsText> metrics = MetricsText::Parse(row.text);
    ASSERT_FALSE(metrics.ok()) << row.text;
    EXPECT_EQ(metrics.error().message, row.message) << row.text;
    EXPECT_EQ(metrics.error().code, ErrorCode::kCorrupt);
  }
}

TEST(MetricsText, EveryTruncationIsRefusedUnlessItEndsALineThatMayBeTheLast) {
  const std::string sample = kSample;
  for (std::size_t length = 1; length < sample.size(); ++length) {
    const auto metrics = MetricsText::Parse(std::string_view(sample).substr(0, length));
    if (sample[length - 1] != '\n') {
      EXPECT_FALSE(metrics.ok()) << length;
    }
  }
}

TEST(MetricsText, NeitherNoiseNorMutationsHarmIt) {
  std::mt19937 random(20261125);  // fixed: a failure repeats
  const std::string alphabet = "ab_: \t\n\"\\{}=,#0123456789.+-eInfNaTYPEhistogram\xff";
  const std::string sample = kSample;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = sample;
    if (round % 2 == 0) {
      text.resize(random() % 200);
      for (char& letter : text) letter = alphabet[random() % alphabet.size()];
    }
    for (unsigned edit = random() % 4; edit > 0 && !text.empty(); --edit) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        default:
          text.insert(at, sample.substr(random() % sample.size(), random() % 40));
      }
    }
    const Result<MetricsText> metrics = MetricsText::Parse(text);
    if (!metrics.ok()) {
      EXPECT_TRUE(metrics.error().message.starts_with("line ")) << metrics.error().message;
      continue;
    }
    const MetricFamily* family =
        metrics->Find("http_request_duration_seconds", MetricType::kHistogram);
    if (family == nullptr) continue;
    for (const auto& [labels, histogram] : family->histograms) {
      const auto quantile = HistogramQuantile(histogram, 0.99);
      EXPECT_TRUE(!quantile || std::isfinite(*quantile)) << text;
    }
  }
}

TEST(HistogramQuantile, InterpolatesAsPrometheusDoes) {
  const MetricHistogram histogram{{0.1, 0.2, 0.4, kInfinity}, {4, 8, 8, 10}, 0};
  struct Row {
    double quantile;
    double expected;
  };
  // `promtool test rules` agrees with each.
  const Row rows[] = {{0, 0},     {0.2, 0.05}, {0.4, 0.1}, {0.5, 0.125},
                      {0.8, 0.2}, {0.9, 0.4},  {1, 0.4}};
  for (const Row& row : rows) {
    const auto quantile = HistogramQuantile(histogram, row.quantile);
    ASSERT_TRUE(quantile) << row.quantile;
    EXPECT_NEAR(*quantile, row.expected, 1e-12) << row.quantile;
  }
  EXPECT_EQ(HistogramQuantile({{-1, kInfinity}, {4, 4}, 0}, 0.5), -1.0);
  EXPECT_EQ(HistogramQuantile({}, 0.5), std::nullopt);
  EXPECT_EQ(HistogramQuantile({{kInfinity}, {4}, 0}, 0.5), std::nullopt);
  EXPECT_EQ(HistogramQuantile({{1, kInfinity}, {0, 0}, 0}, 0.5), std::nullopt);
}

TEST(HistogramSince, IsTheDifferenceUnlessTheSeriesBeganAnew) {
  const MetricHistogram before{{1, kInfinity}, {2, 5}, 7};
  const MetricHistogram after{{1, kInfinity}, {3, 9}, 11};
  EXPECT_EQ(HistogramSince(&before, after).cumulative, (std::vector<double>{1, 4}));
  EXPECT_EQ(HistogramSince(&before, after).sum, 4);
  EXPECT_EQ(HistogramSince(nullptr, after).cumulative, after.cumulative);
  const MetricHistogram restarted{{1, kInfinity}, {1, 6}, 1};
  EXPECT_EQ(HistogramSince(&before, restarted).cumulative, restarted.cumulative);
  const MetricHistogram other_bounds{{2, kInfinity}, {3, 9}, 11};
  EXPECT_EQ(HistogramSince(&before, other_bounds).cumulative, other_bounds.cumulative);
}

TEST(AddHistogram, AddsSeriesOfTheSameBoundsOnly) {
  MetricHistogram total;
  EXPECT_TRUE(AddHistogram(total, {{1, kInfinity}, {2, 5}, 7}));
  EXPECT_TRUE(AddHistogram(total, {{1, kInfinity}, {1, 1}, 1}));
  EXPECT_EQ(total.cumulative, (std::vector<double>{3, 6}));
  EXPECT_EQ(total.sum, 8);
  EXPECT_FALSE(AddHistogram(total, {{2, kInfinity}, {1, 1}, 1}));
  EXPECT_EQ(total.cumulative, (std::vector<double>{3, 6}));
}

}  // namespace
}  // namespace products::cli
