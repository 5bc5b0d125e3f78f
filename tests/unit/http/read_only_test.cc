// What http.read_only refuses, when, and what becomes of the connection.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/http/connection_harness.h"

namespace products::test {
namespace {

using Statuses = std::vector<std::string>;

const std::string kHead = " HTTP/1.1\r\nHost: h\r\n";
const std::string kForbidden =
    "{\"error\":\"FORBIDDEN\",\"message\":\"this server is read-only\"}\n";

TEST(ReadOnly, AWriteWithABodyIsAnsweredBeforeTheBodyComesAndIsTheLast) {
  const std::string post = "POST /products/1/details" + kHead;
  for (const std::string& head : {post + "Content-Length: 5\r\n\r\n",
                                  post + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
                                  post + "Content-Length: 99999999999\r\n\r\n",
                                  post + "Content-Length: 5\r\nConnection: close\r\n\r\n",
                                  post + "Transfer-Encoding: chunked\r\n\r\n",
                                  "DELETE /products/1" + kHead + "Content-Length: 5\r\n\r\n",
                                  "POST /products/batch" + kHead + "Content-Length: 5\r\n\r\n"}) {
    for (const std::string& body : {std::string(), std::string("{}xyz") + GetText("/health")}) {
      SCOPED_TRACE(head + body);
      ConnectionHarness harness({.read_only = true});
      harness.Receive(GetText("/products/1") + head + body);
      const std::string out = harness.TakeOutput();
      EXPECT_EQ(StatusesIn(out), (Statuses{"200", "403 close"})) << out;
      EXPECT_TRUE(out.ends_with("\r\n\r\n" + kForbidden)) << out;
      EXPECT_TRUE(harness.connection().finished());
      EXPECT_TRUE(harness.connection().MustLinger()) << "a reset must not overtake the answer";
      EXPECT_EQ(harness.metrics().refused(RefusedReason::kReadOnly), 1U);
      harness.DropConnection();
      EXPECT_EQ(harness.metrics().ended(ConnectionOutcome::kClosedByServer), 1U);
      EXPECT_TRUE(harness.engine.batches().empty());
    }
  }
}

TEST(ReadOnly, AWriteWithoutABodyLeavesTheConnectionOpen) {
  ConnectionHarness harness({.read_only = true});
  harness.Receive("DELETE /products/1" + kHead + "\r\n" + "POST /products/1/details" + kHead +
                  "Content-Length: 0\r\n\r\n" + "POST /products/batch" + kHead + "\r\n" +
                  GetText("/products/1"));
  EXPECT_EQ(harness.TakeStatuses(), (Statuses{"403", "403", "403", "200"}));
  EXPECT_TRUE(harness.connection().Idle());
  EXPECT_EQ(harness.metrics().refused(RefusedReason::kReadOnly), 3U);
  EXPECT_FALSE(harness.HasMail());
}

TEST(ReadOnly, IsDecidedBehindTheRouteAndBeforeAllElse) {
  struct Row {
    std::string request;
    std::string status;
  };
  const std::vector<Row> rows = {
      {"DELETE /products/abc" + kHead + "\r\n", "403"},
      {"DELETE /products/999" + kHead + "If-Match: x\r\n\r\n", "403"},
      {"DELETE /products/%" + kHead + "\r\n", "400"},
      {"PUT /products/1" + kHead + "\r\n", "405"},
      {"POST /products/1" + kHead + "Content-Length: 2\r\n\r\n{}", "405"},
      {"POST /nothing" + kHead + "Content-Length: 2\r\n\r\n{}", "404"},
      {"HEAD /products/1" + kHead + "\r\n", "200"},
      {GetText("/readyz"), "200"},
      {GetText("/products"), "200"},
  };
  for (const Row& row : rows) {
    ConnectionHarness harness({.read_only = true});
    harness.Receive(row.request);
    EXPECT_EQ(harness.TakeStatuses(), Statuses{row.status}) << row.request;
  }
}

TEST(ReadOnly, EndsWithTheSettingAndWritesAreTakenAgain) {
  ConnectionHarness harness({.read_only = true});
  harness.Receive("DELETE /products/1" + kHead + "\r\n");
  EXPECT_EQ(harness.TakeStatuses(), Statuses{"403"});
  harness.context->limits.read_only = false;
  harness.Receive("DELETE /products/1" + kHead + "\r\n");
  harness.DeliverAnswer();
  EXPECT_EQ(harness.TakeStatuses(), Statuses{"204"});
}

}  // namespace
}  // namespace products::test
