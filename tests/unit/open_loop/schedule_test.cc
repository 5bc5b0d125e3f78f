#include "loadtest/open_loop/schedule.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

namespace products::open_loop {
namespace {

using std::chrono::nanoseconds;

constexpr int kArrivals = 100'000;

double SecondsOf(nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

TEST(Schedule, FixedArrivalsAreEquallyFarApartAndDoNotDrift) {
  Schedule schedule({.arrivals = Arrivals::kFixed, .per_second = 3000});
  for (std::int64_t i = 1; i <= kArrivals; ++i) {
    const nanoseconds expected(i * 1'000'000'000 / 3000);
    const nanoseconds due = schedule.Next().due;
    ASSERT_LE(due, expected + nanoseconds(1)) << i;
    ASSERT_GE(due, expected - nanoseconds(1)) << i;
  }
}

TEST(Schedule, PoissonGapsAreExponentialWithTheRatesMean) {
  Schedule schedule({.arrivals = Arrivals::kPoisson, .per_second = 1000});
  double sum = 0;
  int above_mean = 0;
  nanoseconds last(0);
  for (int i = 0; i < kArrivals; ++i) {
    const nanoseconds due = schedule.Next().due;
    ASSERT_GE(due, last);
    sum += SecondsOf(due - last);
    if (SecondsOf(due - last) > 0.001) ++above_mean;
    last = due;
  }
  // Five times the standard deviation of each: 1/sqrt(n) and sqrt(p (1 - p) / n).
  EXPECT_NEAR(sum / kArrivals, 0.001, 0.001 * 0.016);
  EXPECT_NEAR(static_cast<double>(above_mean) / kArrivals, std::exp(-1), 0.008);
}

TEST(Schedule, PostsHaveTheirShareWhateverTheArrivals) {
  for (const double share : {0.0, 0.1, 1.0}) {
    Schedule schedule({.post_share = share});
    int posts = 0;
    for (int i = 0; i < kArrivals; ++i) {
      if (schedule.Next().kind == RequestKind::kPost) ++posts;
    }
    EXPECT_NEAR(static_cast<double>(posts) / kArrivals, share, 0.005) << share;
  }
}

TEST(Schedule, IdsAreAllThoseOfTheCatalogue) {
  Schedule schedule({.products = 10});
  std::set<std::uint32_t> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(schedule.Next().product_id);
  EXPECT_EQ(ids, (std::set<std::uint32_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST(Schedule, TheSameSeedGivesTheSameArrivals) {
  const auto arrivals_of = [](std::uint64_t seed) {
    Schedule schedule({.post_share = 0.5, .seed = seed});
    std::vector<nanoseconds> due;
    due.reserve(100);
    for (int i = 0; i < 100; ++i) due.push_back(schedule.Next().due);
    return due;
  };
  EXPECT_EQ(arrivals_of(7), arrivals_of(7));
  EXPECT_NE(arrivals_of(7), arrivals_of(8));
}

}  // namespace
}  // namespace products::open_loop
