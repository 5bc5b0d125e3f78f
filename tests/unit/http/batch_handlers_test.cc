// POST /products/batch: lines in any segmentation, groups and their commits, and how it ends early.

#include "server/http/batch_handlers.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "server/service/product_group.h"
#include "tests/unit/http/connection_harness.h"
#include "tests/unit/http/worker_harness.h"

namespace products::test {
namespace {

using Statuses = std::vector<std::string>;

std::string ProductLine(int id, const std::string& sku = "s") {
  return R"({"product_id":)" + std::to_string(id) + R"(,"sku":")" + sku +
         R"(","manufacturer":"m","category_id":1,"weight":0,"some_other_id":1})" + "\n";
}

std::string ProductLines(int from, int to) {
  std::string lines;
  for (int id = from; id <= to; ++id) lines += ProductLine(id);
  return lines;
}

const std::string kHead = "POST /products/batch HTTP/1.1\r\nHost: h\r\n";

std::string BatchText(const std::string& body) {
  return kHead + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string Chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

// In chunks that cut its lines.
std::string ChunkedBatchText(const std::string& body) {
  std::string text = kHead + "Transfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += 13) text += Chunk(body.substr(at, 13));
  return text + "0\r\n\r\n";
}

std::string BodyOf(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}

std::string Stored(int stored, int rejected = 0, const std::string& errors = "") {
  return "{\"stored\":" + std::to_string(stored) + ",\"rejected\":" + std::to_string(rejected) +
         ",\"errors\":[" + errors + "]}\n";
}

std::string Invalid(int line, const std::string& message) {
  return "{\"line\":" + std::to_string(line) + R"(,"error":"INVALID_INPUT","message":")" + message +
         "\"}";
}

// Gives all the turns it asks for.
void GiveTurns(ConnectionHarness& harness) {
  while (harness.connection().NeedsTurn()) harness.GiveTurn();
}

// Until it has answered.
std::string AnswerOf(ConnectionHarness& harness) {
  while (true) {
    GiveTurns(harness);
    if (!harness.out.empty()) return harness.TakeOutput();
    harness.DeliverAnswer();
  }
}

std::string AnswerTo(ConnectionHarness& harness, const std::string& request) {
  harness.Receive(request);
  return AnswerOf(harness);
}

TEST(Batch, IsTheSameHoweverItIsFramedAndCut) {
  const std::string body = ProductLine(7) + "\n" + "no json\n" + " \t\r\n" +
                           ProductLine(9).insert(ProductLine(9).size() - 1, "\r") +
                           R"({"product_id":0})" + "\n" + ProductLine(11, "\xC3\xA9");
  const std::string expected =
      Stored(3, 2,
             Invalid(3, "Invalid JSON: invalid character 'o' in literal null (expecting 'u')") +
                 "," + Invalid(6, "sku is required"));
  for (const bool last_line_ends : {true, false}) {
    const std::string sent = last_line_ends ? body : body.substr(0, body.size() - 1);
    for (const std::string& request : {BatchText(sent), ChunkedBatchText(sent)}) {
      ConnectionHarness harness;
      for (std::size_t at = 0; at < request.size(); ++at) {
        harness.Receive(request.substr(0, at));
        const std::string out = AnswerTo(harness, request.substr(at));
        ASSERT_EQ(StatusesIn(out), Statuses{"200"}) << "cut at " << at;
        ASSERT_EQ(BodyOf(out), expected) << "cut at " << at;
        ASSERT_EQ(harness.behind.table.size(), 4U);
        ASSERT_TRUE(harness.connection().Idle());
      }
    }
  }
}

TEST(Batch, StoresAProductAsAWriteOfItsOwnWould) {
  ConnectionHarness harness;
  AnswerTo(harness, BatchText(R"({"some_other_id":3,"sku":"a<b","manufacturer":"m","weight":-0,)"
                              R"("category_id":2,"product_id":5,"unknown":[]})"));
  harness.Receive(GetText("/products/5"));
  EXPECT_EQ(BodyOf(harness.TakeOutput()),
            R"({"product_id":5,"sku":"a\u003cb","manufacturer":"m","category_id":2,"weight":0,)"
            R"("some_other_id":3})"
            "\n");
}

TEST(Batch, OfEqualIdsTheLastLineStaysAndEachCounts) {
  ConnectionHarness harness;
  const std::string lines = ProductLine(5, "first") + ProductLine(5, "second");
  EXPECT_EQ(BodyOf(AnswerTo(harness, BatchText(lines))), Stored(2));
  harness.Receive(GetText("/products/5"));
  EXPECT_NE(harness.TakeOutput().find("second"), std::string::npos);
}

TEST(Batch, MayBeEmpty) {
  for (const std::string body : {"", "\n", "\n \n\r\n\t"}) {
    ConnectionHarness harness;
    EXPECT_EQ(BodyOf(AnswerTo(harness, BatchText(body))), Stored(0));
  }
}

TEST(Batch, ALineMayBeAsLongAsABodyAndNoLonger) {
  const auto of_size = [](std::size_t size) {
    std::string line = ProductLine(5);
    return line.insert(line.size() - 1, std::string(size + 1 - line.size(), ' '));
  };
  const std::string too_long =
      R"({"line":1,"error":"PAYLOAD_TOO_LARGE","message":"a line must be at most 200 bytes"})";
  for (const std::string& ending : {std::string("\n"), std::string()}) {
    for (const std::size_t size : {200, 201, 5000, 100'000}) {
      const std::string line = of_size(size).substr(0, size) + ending;
      for (const std::size_t cut : {size / 2, size - 1, size, size + ending.size()}) {
        ConnectionHarness harness({.max_body_bytes = 200});
        const std::string body = line + (ending.empty() ? "" : ProductLine(6));
        const std::string request = BatchText(body);
        const std::size_t at = request.size() - body.size() + cut;
        harness.Receive(request.substr(0, at));
        GiveTurns(harness);
        const int behind = ending.empty() ? 0 : 1;
        EXPECT_EQ(BodyOf(AnswerTo(harness, request.substr(at))),
                  size == 200 ? Stored(1 + behind) : Stored(behind, 1, too_long))
            << size << " cut at " << cut;
      }
    }
  }
}

TEST(Batch, ReportsExactlyTheFirst100Errors) {
  std::string body;
  for (int line = 1; line <= 5000; ++line) body += line % 10 == 0 ? ProductLine(line) : "{}\n";
  ConnectionHarness harness;
  const std::string answer = BodyOf(AnswerTo(harness, BatchText(body)));
  std::string errors;
  int reported = 0;
  for (int line = 1; reported < 100; ++line) {
    if (line % 10 == 0) continue;
    errors += (errors.empty() ? "" : ",") + Invalid(line, "sku is required");
    ++reported;
  }
  EXPECT_TRUE(answer == Stored(500, 4500, errors)) << answer.substr(0, 200);
}

TEST(Batch, QuotesNoMoreOfALineThanAnAnswerCanBear) {
  ConnectionHarness harness;
  const std::string answer = BodyOf(
      AnswerTo(harness, BatchText(R"({"sku":"s","weight":1)" + std::string(10'000, '0') + ".5}")));
  EXPECT_NE(answer.find("cannot unmarshal number 1000"), std::string::npos) << answer;
  EXPECT_LT(answer.size(), 700U);
}

TEST(Batch, IsStoredWithWhatComesBehindItAndThatIsAnsweredInOrder) {
  ConnectionHarness harness;
  harness.Receive(BatchText(ProductLine(5)) + GetText("/products/5") + BatchText("x") +
                  GetText("/products/6"));
  std::string out = AnswerOf(harness);
  while (StatusesIn(out).size() < 4) out += AnswerOf(harness);
  EXPECT_EQ(StatusesIn(out), (Statuses{"200", "200", "200", "404"}));
}

TEST(Batch, IsAnsweredOnceItsLastGroupIsDurable) {
  ConnectionHarness harness;
  harness.engine.Hold();
  harness.Receive(BatchText(ProductLines(2, 100)));
  harness.engine.WaitUntilHeld();
  EXPECT_EQ(harness.out, "");
  EXPECT_FALSE(harness.HasMail());
  EXPECT_EQ(harness.behind.table.size(), 1U);
  harness.engine.LetGo();
  EXPECT_EQ(BodyOf(AnswerOf(harness)), Stored(99));
  EXPECT_EQ(harness.engine.batches().size(), 1U) << "one group is one commit";
}

// Three groups and a half, by their number of products.
constexpr int kGroup = static_cast<int>(ProductGroup::kFullProducts);

TEST(Batch, HasTwoGroupsInFlightAndIsThenNotReadFrom) {
  ConnectionHarness harness;
  harness.engine.Hold();
  const std::string body = ProductLines(1, 7 * kGroup / 2);
  const std::string request = BatchText(body);
  constexpr std::size_t kRead = 64 * 1024;
  std::size_t at = 0;
  // As a worker does, as long as the connection wants bytes.
  const auto send = [&] {
    while (true) {
      GiveTurns(harness);
      if (at == request.size() || !harness.connection().WantsBytes()) return;
      const std::string read = request.substr(at, kRead);
      at += read.size();
      harness.Receive(read);
    }
  };
  send();
  EXPECT_GT(at, body.size() / 7 * 6 - kRead);
  EXPECT_LT(at, body.size() / 7 * 6 + 2 * kRead);
  EXPECT_EQ(harness.connection().Deadline(), MonotonicTime::max());
  EXPECT_FALSE(harness.HasMail());

  harness.engine.LetGo();
  while (harness.out.empty()) {
    harness.DeliverAnswer();
    send();
  }
  EXPECT_EQ(BodyOf(harness.TakeOutput()), Stored(7 * kGroup / 2));
  const std::vector<HeldEngine::Batch> commits = harness.engine.batches();
  ASSERT_EQ(commits.size(), 4U);
  // All that came in one piece goes into the same group.
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_GE(commits[i].size(), static_cast<std::size_t>(kGroup));
    EXPECT_LT(commits[i].size(), static_cast<std::size_t>(kGroup + 100));
  }
}

class BatchThatFails : public ::testing::Test {
 protected:
  // Of a group and a bit, with more announced; until its first group is committed.
  void ReceiveFirstGroup(ConnectionHarness& harness) {
    const std::string lines = ProductLines(1, kGroup + 100);
    harness.Receive(kHead + "Content-Length: 100000000\r\n\r\n" + lines);
    GiveTurns(harness);
    harness.DeliverAnswer();
    EXPECT_EQ(harness.out, "");
    sent_ = static_cast<int>(harness.engine.batches().at(0).size());
  }
  void ReceiveSecondGroup(ConnectionHarness& harness) {
    harness.Receive(ProductLines(1, kGroup));
    GiveTurns(harness);
  }

  int sent_ = 0;
};

TEST_F(BatchThatFails, MidwaySaysHowManyAreStored) {
  for (const ErrorCode code : {ErrorCode::kOverloaded, ErrorCode::kUnavailable}) {
    ConnectionHarness harness;
    ReceiveFirstGroup(harness);
    harness.engine.LetGo(Error{code, "told", "secret"});
    ReceiveSecondGroup(harness);
    const std::string out = AnswerOf(harness);
    EXPECT_EQ(StatusesIn(out), Statuses{"503 close"});
    EXPECT_NE(out.find("\"details\":\"" + std::to_string(sent_) +
                       " products of this batch are stored\"}\n"),
              std::string::npos)
        << out;
    EXPECT_EQ(out.find("secret"), std::string::npos);
    EXPECT_EQ(out.find("\r\nRetry-After: 1\r\n") != std::string::npos,
              code == ErrorCode::kOverloaded);
  }
}

TEST_F(BatchThatFails, AtItsEndLeavesTheConnectionOpen) {
  ConnectionHarness harness;
  harness.engine.LetGo(Error{ErrorCode::kOverloaded, "the disk is full", {}});
  const std::string out = AnswerTo(harness, BatchText(ProductLine(5)));
  EXPECT_EQ(StatusesIn(out), Statuses{"503"});
  EXPECT_NE(out.find("\"details\":\"0 products"), std::string::npos) << out;
}

TEST_F(BatchThatFails, IsAnsweredOnceItIsKnownOfEveryGroup) {
  ConnectionHarness harness;
  harness.engine.Hold();
  harness.Receive(kHead + "Content-Length: 100000000\r\n\r\n" + ProductLines(1, 2 * kGroup + 200));
  GiveTurns(harness);
  harness.engine.WaitUntilHeld();
  harness.engine.LetGo(Error{ErrorCode::kOverloaded, "the disk is full", {}});
  const std::string out = AnswerOf(harness);
  EXPECT_EQ(StatusesIn(out), Statuses{"503 close"});
  EXPECT_EQ(harness.engine.batches().size(), 2U);
}

TEST_F(BatchThatFails, BecauseTheCatalogueIsFull) {
  // One group takes 1 MiB.
  ConnectionHarness harness({}, HeldServices::kRoomy, std::uint64_t{3} << 19);
  ReceiveFirstGroup(harness);
  ReceiveSecondGroup(harness);
  const std::string out = AnswerOf(harness);
  EXPECT_EQ(StatusesIn(out), Statuses{"503 close"});
  EXPECT_NE(out.find("\r\nRetry-After: 1\r\n"), std::string::npos) << out;
  EXPECT_NE(out.find("\"details\":\"" + std::to_string(sent_) + " products"), std::string::npos)
      << out;
  EXPECT_EQ(harness.metrics().refused(RefusedReason::kTableFull), 1U);
}

TEST_F(BatchThatFails, BecauseWritesAreStopped) {
  ConnectionHarness harness;
  harness.engine.LetGo(Error{ErrorCode::kUnavailable, "the store is gone", {}});
  AnswerTo(harness, PostText("/products/2/details"));
  const std::string out = AnswerTo(harness, BatchText(ProductLine(5)));
  EXPECT_NE(out.find(R"("error":"UNAVAILABLE")"), std::string::npos) << out;
  EXPECT_EQ(harness.metrics().refused(RefusedReason::kUnavailable), 1U);
}

TEST_F(BatchThatFails, BecauseItsClientLeavesKeepsWhatIsCommitted) {
  ConnectionHarness harness;
  ReceiveFirstGroup(harness);
  harness.engine.Hold();
  ReceiveSecondGroup(harness);
  harness.DropConnection();
  EXPECT_EQ(harness.behind.table.size(), static_cast<std::size_t>(sent_));
  EXPECT_TRUE(harness.behind.batch_streams.TryBegin(1)) << "its place is free";
  harness.engine.LetGo();
}

TEST(BatchesOfAWorker, AreLimitedInNumber) {
  WorkerHarness harness(Config::Http{.max_batch_streams = 2});
  const std::string begun = kHead + "Content-Length: 5\r\n\r\n";
  const auto first = harness.Connect();
  const auto second = harness.Connect();
  const auto third = harness.Connect();
  EXPECT_EQ(harness.Ask(*first, begun), "");
  EXPECT_EQ(harness.Ask(*second, begun), "");
  const std::string refused = harness.Ask(*third, begun);
  EXPECT_EQ(StatusesIn(refused), Statuses{"503 close"});
  EXPECT_NE(refused.find("\r\nRetry-After: 1\r\n"), std::string::npos) << refused;
  EXPECT_EQ(harness.metrics().refused(RefusedReason::kBatchStreams), 1U);
  EXPECT_EQ(StatusesIn(harness.Ask(*first, "\n\n\n\n\n")), Statuses{"200"});
  const auto fourth = harness.Connect();
  EXPECT_EQ(harness.Ask(*fourth, begun), "");
  second->Close();
  harness.WakeReadable(*second);
  EXPECT_EQ(harness.Ask(*first, begun), "");
}

TEST(BatchesOfAWorker, TakeTurnsWithTheOtherConnections) {
  WorkerHarness harness;
  const auto busy = harness.Connect();
  const auto other = harness.Connect();
  std::string body;
  for (int line = 0; line < 30'000; ++line) body += "x\n";
  const std::string request = BatchText(body);
  ASSERT_EQ(busy->Send(request), request.size());
  harness.WakeReadable(*busy);
  // A turn is over with the piece that holds its 512th line: here it takes one of 4 KiB.
  int turns = 0;
  for (std::string answer = busy->Read(); answer.empty(); answer = busy->Read(), ++turns) {
    EXPECT_EQ(StatusesIn(harness.Ask(*other, GetText("/products/1"))), Statuses{"200"});
    harness.WakeForMail();
  }
  EXPECT_GE(turns, static_cast<int>(body.size() / kMaxBodyPiece));
}

}  // namespace
}  // namespace products::test
