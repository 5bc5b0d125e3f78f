// What the handlers make of a catalogue that refuses, that has failed or is full, and what of it
// is counted.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/http/connection_harness.h"

namespace products::test {
namespace {

using std::chrono::milliseconds;

const std::string kPost = PostText("/products/2/details");

bool Has(const std::string& response, const std::string& text) {
  return response.find(text) != std::string::npos;
}

void ExpectOverloaded(ConnectionHarness& harness, RefusedReason reason) {
  const std::string response = harness.TakeOutput();
  EXPECT_TRUE(response.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << response;
  EXPECT_TRUE(Has(response, "\r\nRetry-After: 1\r\n")) << response;
  EXPECT_TRUE(Has(response, R"({"error":"OVERLOADED","message":")")) << response;
  EXPECT_FALSE(Has(response, "Connection: close")) << response;
  EXPECT_EQ(harness.metrics().refused(reason), 1U);
  // It was answered once, and nothing of it is in the way of the next request.
  EXPECT_FALSE(harness.HasMail());
  harness.Receive(GetText("/products/1"));
  EXPECT_EQ(harness.TakeStatuses(), std::vector<std::string>{"200"});
}

TEST(Handlers, AWriteThatTheQueueHasNoRoomForIsToBeTriedAgainLater) {
  CommitLimits limits = HeldServices::kRoomy;
  limits.max_queue_changes = 0;
  ConnectionHarness harness({}, limits);
  harness.Receive(kPost);
  ExpectOverloaded(harness, RefusedReason::kQueueFull);
}

TEST(Handlers, AWriteBehindOneThatHasWaitedTooLongIsToBeTriedAgainLater) {
  ConnectionHarness harness;
  harness.engine.Hold();
  const auto write = [&harness](ProductId id) {
    class Nobody final : public CommitWaiter {
      void OnCommitted(const Status&) override {}
    };
    return harness.behind.queue.Submit({id, ProductRecord::Make(id, "x")},
                                       std::make_unique<Nobody>());
  };
  ASSERT_EQ(write(5), std::nullopt);
  harness.engine.WaitUntilHeld();
  ASSERT_EQ(write(6), std::nullopt);
  harness.behind.clock.Advance(HeldServices::kRoomy.max_queue_age + milliseconds(1));
  harness.Receive(kPost);
  ExpectOverloaded(harness, RefusedReason::kQueueAge);
}

TEST(Handlers, AWriteMayFillTheTableToTheByteAndNoFurther) {
  std::size_t room = 0;
  {
    ConnectionHarness harness;
    harness.Receive(kPost);
    harness.DeliverAnswer();
    EXPECT_EQ(harness.TakeStatuses(), std::vector<std::string>{"204"});
    room = harness.behind.table.bytes();
  }
  ConnectionHarness exact({}, HeldServices::kRoomy, room);
  exact.Receive(kPost);
  exact.DeliverAnswer();
  EXPECT_EQ(exact.TakeStatuses(), std::vector<std::string>{"204"});
  ConnectionHarness one_less({}, HeldServices::kRoomy, room - 1);
  one_less.Receive(kPost);
  ExpectOverloaded(one_less, RefusedReason::kTableFull);
}

TEST(Handlers, AWriteThatBreaksARuleIsAnAnswerAndNoRefusal) {
  ConnectionHarness harness;
  harness.Receive("POST /products/2/details HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}" +
                  GetText("/products/1"));
  EXPECT_EQ(harness.TakeStatuses(), (std::vector<std::string>{"400", "200"}));
  for (std::size_t i = 0; i < kRefusedReasons; ++i) {
    EXPECT_EQ(harness.metrics().refused(static_cast<RefusedReason>(i)), 0U) << i;
  }
}

TEST(Handlers, AFailedEngineStopsWritesAndReadinessAndNothingElse) {
  ConnectionHarness harness;
  harness.Receive(GetText("/readyz"));
  EXPECT_EQ(harness.TakeStatuses(), std::vector<std::string>{"200"});
  harness.engine.LetGo(Error{ErrorCode::kUnavailable, "the store does not answer", "secret path"});
  harness.Receive(kPost);
  harness.DeliverAnswer();
  const std::string failed = harness.TakeOutput();
  EXPECT_TRUE(failed.starts_with("HTTP/1.1 503 ")) << failed;
  EXPECT_FALSE(Has(failed, "secret")) << failed;

  harness.Receive(kPost);
  const std::string refused = harness.TakeOutput();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  EXPECT_TRUE(Has(refused, R"({"error":"UNAVAILABLE")")) << refused;
  EXPECT_EQ(harness.metrics().refused(RefusedReason::kUnavailable), 1U);

  harness.Receive(GetText("/readyz"));
  const std::string readiness = harness.TakeOutput();
  EXPECT_TRUE(readiness.starts_with("HTTP/1.1 503 ")) << readiness;
  EXPECT_TRUE(Has(readiness, "storage engine failed")) << readiness;

  harness.Receive(GetText("/healthz") + GetText("/health") + GetText("/products/1"));
  EXPECT_EQ(harness.TakeStatuses(), (std::vector<std::string>{"200", "200", "200"}));
}

TEST(Handlers, MetricsAreRenderedByTheBackgroundThread) {
  ConnectionHarness harness;
  {
    const BackgroundHold hold(harness.behind.background);
    harness.Receive(GetText("/metrics") + GetText("/products/1"));
    EXPECT_EQ(harness.TakeOutput(), "");
    EXPECT_FALSE(harness.connection().WantsBytes());
  }
  harness.DeliverAnswer();
  const std::string out = harness.TakeOutput();
  EXPECT_TRUE(Has(out, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n")) << out;
  EXPECT_TRUE(Has(out, "\nhttp_requests_in_flight 1\n")) << out;
  EXPECT_EQ(StatusesIn(out), (std::vector<std::string>{"200", "200"}));
}

TEST(Handlers, AScrapeTooManyIsToBeTriedAgainLater) {
  ConnectionHarness harness;
  const BackgroundHold hold(harness.behind.background);
  ASSERT_TRUE(harness.behind.background.Post([] {}));
  harness.Receive(GetText("/metrics"));
  ExpectOverloaded(harness, RefusedReason::kBackgroundFull);
}

TEST(Handlers, WhatIsRefusedBeforeItIsARequestIsCountedByItsReason) {
  struct Case {
    std::string request;
    int status;
    RefusedReason reason;
    std::string labels;
  };
  const std::string none = R"(method="other",route="none")";
  const std::string post = R"(method="POST",route="/products/{productId}/details")";
  const std::string host = " HTTP/1.1\r\nHost: h\r\n";
  const std::vector<Case> cases = {
      {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400, RefusedReason::kMalformed, none},
      {"GET /" + std::string(8192, 'a') + host + "\r\n", 414, RefusedReason::kTargetTooLong, none},
      {"GET /" + host + "X: " + std::string(16384, 'a') + "\r\n\r\n", 431,
       RefusedReason::kHeaderTooLarge, none},
      {"POST /products/1/details" + host + "Content-Length: 65537\r\n\r\n", 413,
       RefusedReason::kBodyTooLarge, post},
      {"POST /products/1/details" + host + "Transfer-Encoding: chunked\r\n\r\n10001\r\n" +
           std::string(65537, 'a'),
       413, RefusedReason::kBodyTooLarge, post},
      {"POST /products/1/details" + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400,
       RefusedReason::kMalformed, post},
      {"BREW /" + host + "\r\n", 501, RefusedReason::kUnsupported, none},
      {"GET / HTTP/2.0\r\n\r\n", 505, RefusedReason::kUnsupported, none},
  };
  for (const Case& c : cases) {
    ConnectionHarness harness;
    // A request before it: nothing of that must stick to the refusal.
    harness.Receive(GetText("/products/1") + c.request);
    harness.TakeOutput();
    harness.connection().RecordAnswered(harness.now);
    for (std::size_t i = 0; i < kRefusedReasons; ++i) {
      const auto reason = static_cast<RefusedReason>(i);
      EXPECT_EQ(harness.metrics().refused(reason), reason == c.reason ? 1U : 0U)
          << c.status << " " << RefusedReasonName(reason);
    }
    const std::string series = "http_request_duration_seconds_count{" + c.labels + ",code=\"" +
                               std::to_string(c.status) + "\"} 1\n";
    EXPECT_TRUE(Has(harness.RenderMetrics(), series)) << series;
    EXPECT_EQ(harness.metrics().requests_in_flight(), 0);
  }
}

TEST(Handlers, ADurationIsFromTheFirstByteOfItsRequest) {
  ConnectionHarness harness;
  harness.Receive(GetText("/health") + "GET /health HT");
  harness.connection().RecordAnswered(harness.now);
  harness.now += milliseconds(2000);
  harness.Receive("TP/1.1\r\nHost: h\r\n\r\n");
  harness.now += milliseconds(500);
  harness.connection().RecordAnswered(harness.now);
  const std::string labels = R"({method="GET",route="/health",code="200"})";
  EXPECT_TRUE(
      Has(harness.RenderMetrics(), "http_request_duration_seconds_count" + labels + " 2\n"));
  EXPECT_TRUE(
      Has(harness.RenderMetrics(), "http_request_duration_seconds_sum" + labels + " 2.5\n"));
}

}  // namespace
}  // namespace products::test
