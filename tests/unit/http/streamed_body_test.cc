// Request bodies in a stream, as a connection and its worker carry them to a receiver.

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "tests/unit/http/connection_harness.h"
#include "tests/unit/http/scripted_streams.h"
#include "tests/unit/http/worker_harness.h"

namespace products::test {
namespace {

using std::chrono::milliseconds;
using Statuses = std::vector<std::string>;

constexpr milliseconds kBodyTimeout{300};
const Config::Http kLimits{.max_body_bytes = 10, .body_timeout = kBodyTimeout};

std::string Chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

std::string BodyOf(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}

class StreamedBody : public ::testing::Test {
 protected:
  ~StreamedBody() override {
    harness_.DropConnection();
    EXPECT_EQ(LivingStreams(), 0);
    EXPECT_EQ(harness_.metrics().requests_in_flight(), 0);
  }
  Connection& connection() { return harness_.connection(); }

  ConnectionHarness harness_{ScriptedRoutes(), kLimits};
};

TEST(StreamedBodies, ArriveWholeHoweverTheyAreFramedAndCut) {
  const std::string body = "longer: 0123456789";
  const std::string chunked = std::string(kChunkedStreamHead) + Chunk(body.substr(0, 7)) +
                              Chunk(body.substr(7)) + "0\r\nTrailer: x\r\n\r\n";
  const std::string behind = GetText("/nothing");
  for (const std::string& request : {StreamText(body), chunked, StreamText("")}) {
    const std::string bytes = request + behind;
    const std::string expected = request == StreamText("") ? "" : body;
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
      ConnectionHarness harness(ScriptedRoutes(), kLimits);
      harness.Receive(bytes.substr(0, at));
      harness.Receive(bytes.substr(at));
      const std::string out = harness.TakeOutput();
      ASSERT_EQ(StatusesIn(out), (Statuses{"200", "200"})) << at;
      ASSERT_EQ(BodyOf(out).substr(0, expected.size()), expected) << at;
      ASSERT_TRUE(harness.connection().Idle()) << at;
    }
  }
}

TEST_F(StreamedBody, IsNotReadOnWhileItsReceiverWaits) {
  harness_.Receive(std::string(kChunkedStreamHead) + Chunk("1w") + Chunk("2") + "0\r\n\r\n" +
                   GetText("/nothing"));
  EXPECT_FALSE(connection().WantsBytes());
  EXPECT_FALSE(connection().Idle());
  EXPECT_EQ(harness_.out, "");
  harness_.Resume();
  const std::string out = harness_.TakeOutput();
  EXPECT_TRUE(BodyOf(out).starts_with("1w2HTTP/1.1 200")) << out;
  EXPECT_TRUE(connection().WantsBytes());
}

TEST_F(StreamedBody, GoesOnAfterAWaitAtItsLastByte) {
  harness_.Receive(StreamText("1w"));
  EXPECT_EQ(harness_.out, "");
  harness_.Resume();
  EXPECT_EQ(BodyOf(harness_.TakeOutput()), "1w");
}

TEST_F(StreamedBody, MayBeAnsweredLongAfterItsEnd) {
  harness_.Receive(StreamText("W") + GetText("/nothing"));
  EXPECT_EQ(harness_.out, "");
  EXPECT_FALSE(connection().WantsBytes());
  EXPECT_EQ(connection().Deadline(), MonotonicTime::max());
  harness_.Resume();
  EXPECT_EQ(harness_.TakeStatuses(), (Statuses{"200", "200"}));
}

TEST_F(StreamedBody, IsNotResumedByWhatIsMeantForAnotherRequest) {
  harness_.Resume(0);
  harness_.Receive(StreamText("w"));
  harness_.TakeOutput();
  for (const std::uint64_t other : {0, 2}) harness_.Resume(other);
  EXPECT_EQ(harness_.out, "");
  harness_.Resume();
  harness_.TakeOutput();
  harness_.Resume();
  harness_.Receive(GetText("/nothing"));
  harness_.Resume(2);
  EXPECT_EQ(harness_.TakeStatuses(), Statuses{"200"});
}

TEST_F(StreamedBody, IsResumedInVainWhileItAwaitsItsTurn) {
  harness_.Receive(StreamText("t1"));
  harness_.Resume();
  EXPECT_EQ(harness_.out, "");
  EXPECT_TRUE(connection().NeedsTurn());
  harness_.GiveTurn();
  EXPECT_FALSE(connection().NeedsTurn());
  EXPECT_EQ(BodyOf(harness_.TakeOutput()), "t1");
}

TEST_F(StreamedBody, AnsweredMidwayEndsTheConnection) {
  harness_.Receive(std::string(kChunkedStreamHead) + Chunk("12a") + Chunk("3"));
  const std::string out = harness_.TakeOutput();
  EXPECT_EQ(StatusesIn(out), Statuses{"409 close"});
  EXPECT_EQ(BodyOf(out), "12a");
  EXPECT_TRUE(connection().finished());
  EXPECT_TRUE(connection().MustLinger());
  EXPECT_EQ(LivingStreams(), 0);
}

TEST_F(StreamedBody, RefusedByItsRouteIsNotTaken) {
  harness_.Receive(
      "POST /refused HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  EXPECT_EQ(harness_.TakeStatuses(), Statuses{"503 close"}) << "and nobody was told to continue";
  EXPECT_TRUE(connection().finished());
}

TEST_F(StreamedBody, IsAskedForByWhoExpectsToBe) {
  harness_.Receive(
      "POST /received HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(harness_.TakeOutput(), "HTTP/1.1 100 Continue\r\n\r\n");
  harness_.Receive("x");
  EXPECT_EQ(harness_.TakeStatuses(), Statuses{"200"});
}

TEST_F(StreamedBody, ThatIsMalformedIsRefusedAndItsReceiverGoes) {
  harness_.Receive(std::string(kChunkedStreamHead) + Chunk("1") + "no chunk\r\n");
  EXPECT_EQ(harness_.TakeStatuses(), Statuses{"400 close"});
  EXPECT_EQ(LivingStreams(), 0);
}

TEST_F(StreamedBody, ThatItsClientDoesNotFinishIsNotAnswered) {
  harness_.Receive(StreamText("12").substr(0, StreamText("12").size() - 1));
  EXPECT_EQ(LivingStreams(), 1);
  connection().OnEndOfStream(harness_.now, harness_.out);
  EXPECT_TRUE(connection().finished());
  EXPECT_EQ(LivingStreams(), 0);
  harness_.Resume();
  EXPECT_EQ(harness_.out, "");
}

TEST_F(StreamedBody, MayTakeAsLongAsItsClientGoesOnSending) {
  harness_.Receive(kChunkedStreamHead);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(connection().Deadline(), harness_.now + kBodyTimeout);
    harness_.now += kBodyTimeout - milliseconds(1);
    harness_.Receive(Chunk("1"));
  }
  harness_.now = connection().Deadline();
  connection().OnDeadline(harness_.now, harness_.out);
  EXPECT_EQ(harness_.TakeStatuses(), Statuses{"408 close"});
  EXPECT_EQ(LivingStreams(), 0);
  harness_.DropConnection();
  EXPECT_EQ(harness_.metrics().ended(ConnectionOutcome::kBodyTimeout), 1U);
}

TEST_F(StreamedBody, HasNoDeadlineWhileTheServerIsToAct) {
  for (const std::string order : {"w", "t"}) {
    harness_.Receive(order == "w" ? std::string(kChunkedStreamHead) + Chunk(order) : Chunk(order));
    EXPECT_EQ(connection().Deadline(), MonotonicTime::max()) << order;
    harness_.now += std::chrono::hours(1);
    harness_.Resume();
    harness_.GiveTurn();
  }
  EXPECT_EQ(LivingStreams(), 1);
}

TEST_F(StreamedBody, ThatWasPausedHasItsWholeTimeAgain) {
  harness_.Receive(std::string(kChunkedStreamHead) + Chunk("w"));
  harness_.now += std::chrono::hours(1);
  harness_.Resume();
  EXPECT_EQ(connection().Deadline(), harness_.now + kBodyTimeout);
  harness_.Receive(Chunk("t"));
  harness_.now += std::chrono::hours(1);
  harness_.GiveTurn();
  EXPECT_EQ(connection().Deadline(), harness_.now + kBodyTimeout);
  const MonotonicTime awaited = harness_.now;
  harness_.now += milliseconds(10);
  harness_.Resume();
  EXPECT_EQ(connection().Deadline(), awaited + kBodyTimeout) << "nobody had made it wait";
}

TEST_F(StreamedBody, IsInFlightUntilItsAnswerIsWithTheKernel) {
  harness_.Receive(StreamText("1w2"));
  connection().RecordAnswered(harness_.now);
  EXPECT_EQ(harness_.metrics().requests_in_flight(), 1);
  harness_.Resume();
  EXPECT_EQ(harness_.metrics().requests_in_flight(), 1);
  connection().RecordAnswered(harness_.now);
  EXPECT_EQ(harness_.metrics().requests_in_flight(), 0);
}

// 64 KiB are one read.
constexpr std::size_t kRead = 64 * 1024;

TEST(StreamedBodyOfAWorker, IsLeftToTheKernelWhileItsReceiverWaits) {
  WorkerHarness harness(ScriptedRoutes(), {});
  const auto client = harness.Connect();
  const std::string bytes = "w" + std::string(3 * kRead, '.');
  client->Send(StreamText(bytes));
  for (int i = 0; i < 3; ++i) {
    harness.WakeReadable(*client);
    EXPECT_EQ(harness.metrics().received_bytes(), kRead);
  }
  ResumeLastStream();
  harness.WakeForMail();
  while (harness.metrics().received_bytes() < StreamText(bytes).size()) harness.WakeForMail();
  EXPECT_TRUE(client->Read().ends_with(bytes));
}

TEST(StreamedBodyOfAWorker, LetsTheOthersHaveTheirTurn) {
  WorkerHarness harness(ScriptedRoutes(), {});
  const auto busy = harness.Connect();
  const auto other = harness.Connect();
  busy->Send(std::string(kChunkedStreamHead) + Chunk("1t") + Chunk("2t") + "0\r\n\r\n");
  harness.WakeReadable(*busy);
  for (int turns = 0; turns < 2; ++turns) {
    EXPECT_EQ(busy->Read(), "");
    EXPECT_EQ(StatusesIn(harness.Ask(*other, GetText("/nothing"))), Statuses{"200"});
    // An edge of its own gives it none.
    harness.WakeReadable(*busy);
    EXPECT_EQ(busy->Read(), "");
    harness.WakeForMail();
  }
  EXPECT_EQ(StatusesIn(busy->Read()), Statuses{"200"});
}

TEST(StreamedBodyOfAWorker, OfAClientThatIsGoneIsNotResumed) {
  WorkerHarness harness(ScriptedRoutes(), {});
  {
    const auto gone = harness.Connect();
    gone->Send(std::string(kChunkedStreamHead) + Chunk("1"));
    harness.WakeReadable(*gone);
    EXPECT_EQ(LivingStreams(), 1);
    ResumeLastStream();
    gone->Close();
    harness.WakeReadable(*gone);
    EXPECT_EQ(LivingStreams(), 0);
  }
  const auto next = harness.Connect();
  next->Send(StreamText("w"));
  harness.WakeReadable(*next);
  harness.WakeForMail();
  EXPECT_EQ(next->Read(), "");
}

}  // namespace
}  // namespace products::test
