#include "server/http/connection.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/http/connection_harness.h"

namespace products::test {
namespace {

using Statuses = std::vector<std::string>;

const std::string kPost = PostText("/products/2/details");

TEST(Connection, AnswersWhatComesInOrder) {
  ConnectionHarness harness;
  harness.Receive(GetText("/products/1") + GetText("/products/9") + GetText("/health"));
  const std::string out = harness.TakeOutput();
  EXPECT_EQ(out.substr(0, out.find("HTTP/1.1 404")),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: " + std::string(kDate) +
                "\r\nContent-Length: 17\r\nETag: \"5a1db2f309125169\"\r\n\r\n" +
                std::string(kBody));
  EXPECT_TRUE(out.ends_with("{\"status\":\"ok\"}\n")) << out;
  EXPECT_TRUE(harness.connection().Idle());
}

TEST(Connection, WhatComesBehindAWriteWaitsForItsAnswer) {
  ConnectionHarness harness;
  harness.engine.Hold();
  harness.Receive(GetText("/products/1") + kPost + GetText("/products/2") + kPost +
                  GetText("/products/9"));
  EXPECT_EQ(harness.TakeStatuses(), Statuses{"200"});
  EXPECT_FALSE(harness.connection().WantsBytes());
  EXPECT_FALSE(harness.connection().Idle());
  harness.engine.LetGo();
  harness.DeliverAnswer();
  const std::string out = harness.TakeOutput();
  EXPECT_TRUE(out.starts_with("HTTP/1.1 204 No Content\r\n")) << out;
  EXPECT_NE(out.find("\"product_id\":2"), std::string::npos) << "the write is not read: " << out;
  EXPECT_FALSE(harness.connection().WantsBytes());
  harness.DeliverAnswer();
  EXPECT_EQ(harness.TakeStatuses(), (Statuses{"204", "404"}));
  EXPECT_TRUE(harness.connection().WantsBytes());
}

TEST(Connection, AnAnswerToAnotherRequestIsIgnored) {
  ConnectionHarness harness;
  const auto answer_late = [&harness](std::uint64_t request) {
    harness.connection().OnAnswer(request, {.status = 204}, harness.now, harness.out);
  };
  answer_late(0);
  harness.Receive(GetText("/products/1"));
  harness.TakeOutput();
  answer_late(1);
  EXPECT_EQ(harness.out, "");
  harness.engine.Hold();
  harness.Receive(kPost);
  for (const std::uint64_t wrong : {0, 1, 3}) answer_late(wrong);
  EXPECT_EQ(harness.out, "");
  harness.engine.LetGo();
  harness.DeliverAnswer();
  EXPECT_EQ(harness.TakeStatuses(), Statuses{"204"});
}

TEST(Connection, APathOutlivesTheBufferItCameIn) {
  for (const std::string target : {"/products/2/details", "/products/%32/details",
                                   "/products/2/details?a=b", "http://h/products/2/details"}) {
    ConnectionHarness harness;
    const std::string post = PostText(target);
    const std::size_t body = post.find("\r\n\r\n") + 4;
    harness.Receive(post.substr(0, body + 3));
    harness.Receive(post.substr(body + 3, 10));
    harness.Receive(post.substr(body + 13));
    harness.DeliverAnswer();
    EXPECT_EQ(harness.TakeStatuses(), Statuses{"204"}) << target;
    harness.Receive(GetText("/products/2"));
    EXPECT_EQ(harness.TakeStatuses(), Statuses{"200"}) << target;
  }
}

TEST(Connection, StopsParsingWhenItsOutputIsNotTaken) {
  ConnectionHarness harness({.max_unsent_bytes = 1000});
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += GetText("/products/1");
  harness.Receive(requests);
  std::size_t answered = 0;
  for (int rounds = 0; rounds < 50 && answered < 50; ++rounds) {
    EXPECT_LT(harness.out.size(), 1000U + 200U);
    EXPECT_EQ(harness.connection().WantsBytes(), !harness.connection().NeedsRoom());
    answered += harness.TakeStatuses().size();
    harness.connection().OnRoom(harness.now, harness.out);
  }
  EXPECT_EQ(answered, 50U);
  EXPECT_FALSE(harness.connection().NeedsRoom());
  EXPECT_TRUE(harness.connection().Idle());
}

TEST(Connection, EndsBehindTheResponseWhenTheClientAsksForIt) {
  ConnectionHarness harness;
  harness.Receive("GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(harness.TakeStatuses(), Statuses{"200 close"});
  EXPECT_TRUE(harness.connection().finished());
  EXPECT_FALSE(harness.connection().MustLinger()) << "the client said that it sends no more";
}

TEST(Connection, WhatComesBehindCloseIsNotAnsweredButReadAway) {
  ConnectionHarness harness;
  harness.Receive("GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" +
                  GetText("/products/1"));
  EXPECT_EQ(harness.TakeStatuses(), Statuses{"200 close"});
  EXPECT_TRUE(harness.connection().MustLinger());
}

TEST(Connection, ARefusedRequestIsTheLast) {
  ConnectionHarness harness;
  harness.Receive(GetText("/health") + "BREW / HTTP/1.1\r\nHost: h\r\n\r\n" + GetText("/health"));
  EXPECT_EQ(harness.TakeStatuses(), (Statuses{"200", "501 close"}));
  EXPECT_TRUE(harness.connection().finished());
  EXPECT_TRUE(harness.connection().MustLinger());
  EXPECT_EQ(harness.metrics().refused(RefusedReason::kUnsupported), 1U);
  harness.DropConnection();
  EXPECT_EQ(harness.metrics().ended(ConnectionOutcome::kProtocolError), 1U);
}

TEST(Connection, ABodyOverTheLimitIsRefusedBeforeItComes) {
  ConnectionHarness harness({.max_body_bytes = 10});
  harness.Receive(
      "POST /products/1/details HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n"
      "Expect: 100-continue\r\n\r\n");
  const std::string out = harness.TakeOutput();
  EXPECT_TRUE(out.starts_with("HTTP/1.1 413 ")) << out;
  EXPECT_TRUE(out.ends_with("body must be at most 10 bytes\"}\n")) << out;
}

TEST(Connection, ARefusedHeadHasNoBody) {
  ConnectionHarness harness({.max_body_bytes = 10});
  harness.Receive("HEAD /products/1 HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
  EXPECT_TRUE(harness.TakeOutput().ends_with("\r\n\r\n"));
}

TEST(Connection, ContinueIsSaidOnlyToWhoWaitsForIt) {
  const std::string head =
      "POST /products/2/details HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
      "Content-Length: 2\r\n\r\n";
  ConnectionHarness waits;
  waits.Receive(head);
  EXPECT_EQ(waits.TakeOutput(), "HTTP/1.1 100 Continue\r\n\r\n");
  waits.Receive("{}");
  EXPECT_EQ(waits.TakeStatuses(), Statuses{"400"});

  ConnectionHarness goes_on;
  goes_on.Receive(head + "{}");
  EXPECT_EQ(goes_on.TakeStatuses(), Statuses{"400"});

  ConnectionHarness has_no_body;
  has_no_body.Receive("GET /health HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(has_no_body.TakeStatuses(), Statuses{"200"});
}

TEST(Connection, Http10IsToldThatItStaysOpen) {
  ConnectionHarness harness;
  harness.Receive("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(harness.TakeOutput().find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  EXPECT_FALSE(harness.connection().finished());
  harness.Receive("GET /health HTTP/1.0\r\n\r\n");
  EXPECT_EQ(harness.TakeStatuses(), Statuses{"200 close"});
}

TEST(Connection, DrainingIsSaidWithTheLastOfTheRequestsThatWait) {
  ConnectionHarness harness;
  harness.context->draining = true;
  harness.Receive(GetText("/health") + GetText("/products/1") + GetText("/products/1"));
  EXPECT_EQ(harness.TakeStatuses(), (Statuses{"200", "200", "200 close"}));
  EXPECT_TRUE(harness.connection().finished());
  EXPECT_TRUE(harness.connection().MustLinger());
  harness.DropConnection();
  EXPECT_EQ(harness.metrics().ended(ConnectionOutcome::kDrained), 1U);
}

TEST(Connection, AtTheEndOfTheStreamWhatWasAskedIsStillAnswered) {
  ConnectionHarness harness;
  harness.engine.Hold();
  harness.Receive(kPost + GetText("/health"));
  harness.connection().OnEndOfStream(harness.now, harness.out);
  EXPECT_FALSE(harness.connection().finished());
  harness.engine.LetGo();
  harness.DeliverAnswer();
  EXPECT_EQ(harness.TakeStatuses(), (Statuses{"204", "200"}));
  EXPECT_TRUE(harness.connection().finished());
  EXPECT_FALSE(harness.connection().MustLinger());
  harness.DropConnection();
  EXPECT_EQ(harness.metrics().ended(ConnectionOutcome::kClosedByClient), 1U);
}

TEST(Connection, AtTheEndOfTheStreamWhatIsPausedIsStillAnswered) {
  ConnectionHarness harness({.max_unsent_bytes = 100});
  harness.Receive(GetText("/health") + GetText("/health"));
  harness.connection().OnEndOfStream(harness.now, harness.out);
  EXPECT_FALSE(harness.connection().finished());
  EXPECT_EQ(harness.TakeStatuses(), Statuses{"200"});
  harness.connection().OnRoom(harness.now, harness.out);
  EXPECT_EQ(harness.TakeStatuses(), Statuses{"200"});
  EXPECT_TRUE(harness.connection().finished());
}

TEST(Connection, TheEndOfTheStreamAmidARequestJustEndsIt) {
  const std::string post = kPost;
  for (std::size_t length = 0; length < post.size(); ++length) {
    ConnectionHarness harness;
    harness.Receive(post.substr(0, length));
    harness.connection().OnEndOfStream(harness.now, harness.out);
    EXPECT_TRUE(harness.connection().finished()) << length;
    EXPECT_EQ(harness.TakeOutput(), "") << length;
    harness.DropConnection();
    EXPECT_EQ(harness.metrics().ended(ConnectionOutcome::kClosedByClient), 1U) << length;
    EXPECT_EQ(harness.metrics().requests_in_flight(), 0) << length;
  }
}

TEST(Connection, RequestsAreInFlightUntilTheirResponsesAreWithTheKernel) {
  ConnectionHarness harness;
  harness.Receive(GetText("/health") + GetText("/health"));
  EXPECT_EQ(harness.metrics().requests_in_flight(), 2);
  harness.connection().RecordAnswered(harness.now);
  EXPECT_EQ(harness.metrics().requests_in_flight(), 0);
  harness.engine.Hold();
  harness.Receive(GetText("/health") + kPost);
  EXPECT_EQ(harness.metrics().requests_in_flight(), 2);
  harness.connection().RecordAnswered(harness.now);
  EXPECT_EQ(harness.metrics().requests_in_flight(), 1);
  EXPECT_EQ(harness.metrics().connections(), 1);
  harness.DropConnection();
  EXPECT_EQ(harness.metrics().requests_in_flight(), 0) << "a client that left is not waited for";
  EXPECT_EQ(harness.metrics().connections(), 0);
}

}  // namespace
}  // namespace products::test
