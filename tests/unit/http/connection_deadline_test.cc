#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/http/connection.h"
#include "tests/unit/http/connection_harness.h"

namespace products::test {
namespace {

using std::chrono::milliseconds;

class ConnectionDeadline : public ::testing::Test {
 protected:
  static constexpr milliseconds kIdle{700};
  static constexpr milliseconds kHeader{100};
  static constexpr milliseconds kBody{300};

  // From now on.
  milliseconds Left() {
    return std::chrono::duration_cast<milliseconds>(harness_.connection().Deadline() -
                                                    harness_.now);
  }
  bool IsNever() { return harness_.connection().Deadline() == MonotonicTime::max(); }
  void Expire() {
    harness_.now = harness_.connection().Deadline();
    harness_.connection().OnDeadline(harness_.now, harness_.out);
  }

  ConnectionHarness harness_{
      {.header_timeout = kHeader, .body_timeout = kBody, .idle_timeout = kIdle}};
};

TEST_F(ConnectionDeadline, IdleCountsFromTheLastResponse) {
  EXPECT_EQ(Left(), kIdle);
  harness_.now += milliseconds(500);
  EXPECT_EQ(Left(), milliseconds(200));
  harness_.Receive(GetText("/health"));
  EXPECT_EQ(Left(), kIdle);
  harness_.TakeOutput();
  Expire();
  EXPECT_TRUE(harness_.connection().finished());
  EXPECT_FALSE(harness_.connection().MustLinger());
  EXPECT_EQ(harness_.out, "") << "an idle connection ends without a word";
  harness_.DropConnection();
  EXPECT_EQ(harness_.metrics().ended(ConnectionOutcome::kIdleTimeout), 1U);
}

TEST_F(ConnectionDeadline, EmptyLinesAreNotTheBeginOfARequest) {
  harness_.now += milliseconds(500);
  harness_.Receive("\r\n\r\n");
  EXPECT_EQ(Left(), milliseconds(200)) << "nor of a longer life";
}

TEST_F(ConnectionDeadline, AHeaderMayTakeSoLongFromItsFirstByte) {
  harness_.Receive("G");
  for (int i = 1; i < 10; ++i) {
    harness_.now += milliseconds(10);
    harness_.Receive("E");
    EXPECT_EQ(Left(), kHeader - milliseconds(10 * i)) << "dribbling buys no time";
  }
  Expire();
  EXPECT_EQ(harness_.TakeStatuses(), std::vector<std::string>{"408 close"});
  EXPECT_TRUE(harness_.connection().finished());
  EXPECT_EQ(harness_.metrics().refused(RefusedReason::kHeaderTimeout), 1U);
  harness_.DropConnection();
  EXPECT_EQ(harness_.metrics().ended(ConnectionOutcome::kHeaderTimeout), 1U);
}

TEST_F(ConnectionDeadline, ABodyMayTakeSoLongFromTheEndOfItsHeader) {
  harness_.Receive("POST /products/1/details HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n");
  harness_.now += milliseconds(50);
  harness_.Receive("\r\n");
  EXPECT_EQ(Left(), kBody);
  harness_.now += milliseconds(50);
  harness_.Receive("abc");
  EXPECT_EQ(Left(), kBody - milliseconds(50));
  Expire();
  EXPECT_EQ(harness_.TakeStatuses(), std::vector<std::string>{"408 close"});
  EXPECT_EQ(harness_.metrics().refused(RefusedReason::kBodyTimeout), 1U);
  harness_.DropConnection();
  EXPECT_EQ(harness_.metrics().ended(ConnectionOutcome::kBodyTimeout), 1U);
}

TEST_F(ConnectionDeadline, ThereIsNoneWhileTheServerIsToAct) {
  harness_.engine.Hold();
  harness_.Receive(PostText("/products/2/details") + "GET /");
  EXPECT_TRUE(IsNever());
  harness_.engine.LetGo();
  harness_.DeliverAnswer();
  EXPECT_EQ(Left(), kHeader) << "the next request had begun";
}

}  // namespace
}  // namespace products::test
