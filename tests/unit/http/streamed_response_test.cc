// Response bodies in a stream, as a connection and its worker send what a source makes.

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "tests/unit/http/connection_harness.h"
#include "tests/unit/http/scripted_streams.h"
#include "tests/unit/http/worker_harness.h"

namespace products::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Statuses = std::vector<std::string>;

const std::string kChunkedHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: " + std::string(kDate) +
    "\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kPiece = "00000006\r\npiece\n\r\n";
const std::string kLastChunk = "0\r\n\r\n";

std::string Request10(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.0\r\n" + fields + "\r\n";
}

class StreamedResponse : public ::testing::Test {
 protected:
  ~StreamedResponse() override {
    harness_.DropConnection();
    EXPECT_EQ(LivingStreams(), 0);
    EXPECT_EQ(harness_.metrics().requests_in_flight(), 0);
  }
  Connection& connection() { return harness_.connection(); }
  // What comes turn by turn until the connection asks for no more of them.
  std::string TakeAllTurns() {
    std::string all = harness_.TakeOutput();
    while (connection().NeedsTurn()) {
      harness_.GiveTurn();
      all += harness_.TakeOutput();
    }
    return all;
  }

  ConnectionHarness harness_{ScriptedRoutes(), {.body_timeout = seconds(1)}};
};

TEST_F(StreamedResponse, GoesOutAChunkAPieceAndAPieceATurn) {
  harness_.Receive(GetText("/made?pp"));
  EXPECT_EQ(harness_.TakeOutput(), kChunkedHead + kPiece);
  EXPECT_FALSE(connection().WantsBytes());
  EXPECT_FALSE(connection().Idle());
  EXPECT_EQ(connection().Deadline(), MonotonicTime::max());
  harness_.GiveTurn();
  EXPECT_EQ(harness_.TakeOutput(), kPiece + kLastChunk);
  EXPECT_EQ(LivingStreams(), 0);
  harness_.GiveTurn();
  EXPECT_EQ(harness_.TakeOutput(), "");
  EXPECT_TRUE(connection().Idle());
}

TEST_F(StreamedResponse, MayBeEmpty) {
  harness_.Receive(GetText("/made"));
  EXPECT_EQ(harness_.TakeOutput(), kChunkedHead + kLastChunk);
}

TEST_F(StreamedResponse, HasNoChunkForATurnThatMadeNothing) {
  harness_.Receive(GetText("/made?npnn"));
  EXPECT_EQ(TakeAllTurns(), kChunkedHead + kPiece + kLastChunk);
}

TEST_F(StreamedResponse, WritesTheSizeOfALargePiece) {
  harness_.Receive(GetText("/made?b"));
  EXPECT_EQ(TakeAllTurns().substr(kChunkedHead.size(), 10), "00010000\r\n");
}

TEST_F(StreamedResponse, WhatComesBehindItWaitsAndHasATurnOfItsOwn) {
  harness_.Receive(GetText("/made?p") + GetText("/made?pp") + GetText("/nothing"));
  EXPECT_EQ(harness_.TakeOutput(), kChunkedHead + kPiece + kLastChunk);
  harness_.GiveTurn();
  EXPECT_EQ(harness_.TakeOutput(), kChunkedHead + kPiece);
  harness_.GiveTurn();
  EXPECT_EQ(harness_.TakeOutput(), kPiece + kLastChunk);
  harness_.GiveTurn();
  EXPECT_EQ(harness_.TakeStatuses(), Statuses{"200"});
}

TEST_F(StreamedResponse, MayComeAsALaterAnswer) {
  harness_.Receive(GetText("/made-later?pp") + GetText("/nothing"));
  EXPECT_EQ(harness_.out, "");
  harness_.DeliverAnswer();
  const std::string all = TakeAllTurns();
  EXPECT_TRUE(all.starts_with(kChunkedHead + kPiece + kPiece + kLastChunk + "HTTP/1.1 200")) << all;
}

TEST_F(StreamedResponse, OfHeadIsItsHeaderAlone) {
  harness_.Receive("HEAD /made?pp HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(harness_.TakeOutput(), kChunkedHead);
  EXPECT_EQ(LivingStreams(), 0);
  EXPECT_TRUE(connection().Idle());
}

TEST_F(StreamedResponse, ToHttp10EndsWithTheConnection) {
  harness_.Receive(Request10("/made?pp", "Connection: keep-alive\r\n"));
  EXPECT_EQ(TakeAllTurns(), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: " +
                                std::string(kDate) + "\r\nConnection: close\r\n\r\npiece\npiece\n");
  EXPECT_TRUE(connection().finished());
}

TEST_F(StreamedResponse, HonoursConnectionClose) {
  harness_.Receive("GET /made?pp HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_FALSE(connection().finished());
  const std::string all = TakeAllTurns();
  EXPECT_EQ(StatusesIn(all), Statuses{"200 close"});
  EXPECT_TRUE(all.ends_with(kPiece + kPiece + kLastChunk));
  EXPECT_TRUE(connection().finished());
  EXPECT_FALSE(connection().MustLinger());
}

TEST_F(StreamedResponse, ThatFailsEndsTheConnectionWithoutTheLastChunk) {
  harness_.Receive(GetText("/made?pfp") + GetText("/nothing"));
  EXPECT_EQ(TakeAllTurns(), kChunkedHead + kPiece);
  EXPECT_TRUE(connection().finished());
  EXPECT_EQ(LivingStreams(), 0);
}

TEST_F(StreamedResponse, IsRecordedWithItsLastPieceAndInFlightUntilThen) {
  harness_.Receive(GetText("/made?pp"));
  connection().RecordAnswered(harness_.now);
  EXPECT_EQ(harness_.metrics().requests_in_flight(), 1);
  harness_.now += seconds(2);
  harness_.GiveTurn();
  connection().RecordAnswered(harness_.now);
  EXPECT_EQ(harness_.metrics().requests_in_flight(), 0);
  const std::regex two_seconds("\nhttp_request_duration_seconds_sum\\{[^}]*\\} 2\n");
  EXPECT_TRUE(std::regex_search(harness_.RenderMetrics(), two_seconds));
}

TEST_F(StreamedResponse, ThatBeganBeforeADrainIsFinished) {
  harness_.Receive(GetText("/made?pp"));
  harness_.context->draining = true;
  EXPECT_TRUE(TakeAllTurns().ends_with(kPiece + kPiece + kLastChunk));
  EXPECT_FALSE(connection().finished()) << "it was not told that the connection ends";
  harness_.Receive(GetText("/made?p"));
  EXPECT_EQ(StatusesIn(TakeAllTurns()), Statuses{"200 close"});
  EXPECT_TRUE(connection().finished());
}

TEST_F(StreamedResponse, OfAClientThatIsGoneIsNotMadeOn) {
  harness_.Receive(GetText("/made?pp"));
  EXPECT_EQ(LivingStreams(), 1);
  harness_.DropConnection();
  EXPECT_EQ(LivingStreams(), 0);
}

constexpr std::size_t kPieceBytes = 64 * 1024;

TEST(StreamedResponseOfAWorker, IsMadeAPieceATurnHoweverOftenItIsWoken) {
  WorkerHarness harness(ScriptedRoutes(), {});
  const auto reader = harness.Connect();
  const auto other = harness.Connect();
  reader->Send(GetText("/made?pppp"));
  harness.WakeReadable(*reader);
  for (int turns = 0; turns < 3; ++turns) {
    const std::string piece = reader->Read();
    EXPECT_TRUE(piece.ends_with(kPiece)) << piece;
    EXPECT_EQ(StatusesIn(harness.Ask(*other, GetText("/nothing"))), Statuses{"200"});
    harness.WakeReadable(*reader);
    harness.WakeWritable(*reader);
    EXPECT_EQ(reader->Read(), "");
    harness.WakeForMail();
  }
  EXPECT_EQ(reader->Read(), kPiece + kLastChunk);
}

TEST(StreamedResponseOfAWorker, IsMadeNoFasterThanItsClientReads) {
  WorkerHarness harness(ScriptedRoutes(), {});
  const auto reader = harness.Connect(4096);
  reader->Send(GetText("/made?bbbbbbbb"));
  harness.WakeReadable(*reader);
  const std::uint64_t sent = harness.metrics().sent_bytes();
  EXPECT_LT(sent, kPieceBytes);
  for (int i = 0; i < 3; ++i) harness.WakeReadable(*reader);
  harness.Tick();
  EXPECT_EQ(harness.metrics().sent_bytes(), sent);
  std::string all;
  while (!all.ends_with(kLastChunk)) {
    const std::string more = reader->Read();
    all += more;
    // The next piece is made in a turn, which is asked for when the last one is taken.
    if (more.empty()) {
      harness.WakeForMail();
    } else {
      harness.WakeWritable(*reader);
    }
  }
  EXPECT_GT(all.size(), 8 * kPieceBytes);
  EXPECT_EQ(harness.metrics().requests_in_flight(), 0);
}

TEST(StreamedResponseOfAWorker, EndsWhenItsClientTakesNothingForTooLong) {
  WorkerHarness harness(ScriptedRoutes(), {.write_timeout = seconds(2)});
  const auto reader = harness.Connect(4096);
  reader->Send(GetText("/made?bbbb"));
  harness.WakeReadable(*reader);
  harness.TickAfter(milliseconds(1999));
  EXPECT_EQ(LivingStreams(), 1);
  harness.TickAfter(milliseconds(1));
  EXPECT_EQ(harness.ended(ConnectionOutcome::kWriteTimeout), 1U);
  EXPECT_EQ(LivingStreams(), 0);
}

TEST(StreamedResponseOfAWorker, EndsWithItsClient) {
  WorkerHarness harness(ScriptedRoutes(), {});
  const auto reader = harness.Connect();
  reader->Send(GetText("/made?pppp"));
  harness.WakeReadable(*reader);
  reader->Close();
  harness.WakeForMail();
  EXPECT_FALSE(harness.Owns(*reader));
  EXPECT_EQ(harness.ended(ConnectionOutcome::kReset), 1U);
  EXPECT_EQ(LivingStreams(), 0);
}

TEST(StreamedResponseOfAWorker, IsSentWholeToAClientThatSendsNoMore) {
  WorkerHarness harness(ScriptedRoutes(), {});
  const auto reader = harness.Connect();
  reader->Send(GetText("/made?ppp"));
  reader->HalfClose();
  harness.WakeReadable(*reader);
  std::string all = reader->Read();
  while (harness.Owns(*reader)) {
    harness.WakeForMail();
    all += reader->Read();
  }
  EXPECT_TRUE(all.ends_with(kPiece + kPiece + kPiece + kLastChunk)) << all;
  EXPECT_EQ(harness.ended(ConnectionOutcome::kClosedByClient), 1U);
}

}  // namespace
}  // namespace products::test
