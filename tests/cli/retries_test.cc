#include "cli/retries.h"

#include <gtest/gtest.h>

#include <chrono>

namespace products::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kPlenty{60'000};

TEST(Retries, PausesDoubleUpToTwoSecondsAndAreDrawnFromTheirUpperHalf) {
  const milliseconds nominal[] = {milliseconds(100),  milliseconds(200),  milliseconds(400),
                                  milliseconds(800),  milliseconds(1600), milliseconds(2000),
                                  milliseconds(2000), milliseconds(2000)};
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Retries retries(8, seed);
    for (int attempts = 1; attempts <= 8; ++attempts) {
      const auto pause = retries.TakePause(attempts, std::nullopt, kPlenty);
      ASSERT_TRUE(pause.has_value());
      EXPECT_GE(*pause, nominal[attempts - 1] / 2);
      EXPECT_LE(*pause, nominal[attempts - 1]);
    }
  }
}

TEST(Retries, EndWithTheirNumber) {
  Retries retries(2, 1);
  EXPECT_TRUE(retries.TakePause(2, std::nullopt, kPlenty).has_value());
  EXPECT_FALSE(retries.TakePause(3, std::nullopt, kPlenty).has_value());
  EXPECT_FALSE(Retries(0, 1).TakePause(1, std::nullopt, kPlenty).has_value());
}

TEST(Retries, TakeTheServersPauseWhenItIsLongerAndFitsTheTimeLeft) {
  Retries retries(9, 1);
  EXPECT_EQ(retries.TakePause(1, seconds(3), milliseconds(3001)), seconds(3));
  EXPECT_FALSE(retries.TakePause(1, seconds(3), milliseconds(3000)).has_value());
  EXPECT_FALSE(retries.TakePause(1, seconds::max(), kPlenty).has_value());
  EXPECT_LE(*retries.TakePause(1, seconds(0), kPlenty), milliseconds(100));
}

TEST(Retries, LeaveTimeForAnAnswer) {
  EXPECT_FALSE(Retries(9, 1).TakePause(1, std::nullopt, milliseconds(49)).has_value());
}

TEST(Retries, ShareABudgetThatRequestsRefill) {
  Retries retries(100, 1);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(retries.TakePause(1, std::nullopt, kPlenty).has_value());
  EXPECT_FALSE(retries.TakePause(1, std::nullopt, kPlenty).has_value());
  for (int i = 0; i < 5; ++i) retries.CountRequest();
  EXPECT_TRUE(retries.TakePause(1, std::nullopt, kPlenty).has_value());
  EXPECT_FALSE(retries.TakePause(1, std::nullopt, kPlenty).has_value());
}

}  // namespace
}  // namespace products::cli
