// The hundreds of bodies whose answers Go's decoder gave, posted over a socket.

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json_text.h"
#include "tests/contract/contract_case.h"
#include "tests/contract/contract_server.h"
#include "tests/support/raw_connection.h"
#include "tests/unit/product/go_answers.h"

namespace products::contract {
namespace {

class RecordedAnswers : public ::testing::TestWithParam<ContractServer> {};

// The body of the answer to a POST; empty when the product was stored.
std::string RefusalIn(const GoAnswer& row) {
  if (row.answer.starts_with('{')) return {};
  std::string body = R"({"error":"INVALID_INPUT","message":)";
  AppendJsonString(body, row.answer);
  return body + "}\n";
}

// What that server writes for JSON as this product writes it. Go before 1.22, Debian's for one, has
// no short escapes for U+0008 and U+000C.
std::string AsWrittenBy(const ContractServer& server, const std::string& json) {
#ifdef GO_PEER_BEFORE_1_22
  if (server.name == "go_peer") {
    std::string written;
    for (std::size_t i = 0; i < json.size(); ++i) {
      const bool is_escape = json[i] == '\\';
      const std::string piece = json.substr(i, is_escape ? 2 : 1);
      written += piece == "\\b" ? "\\u0008" : piece == "\\f" ? "\\u000c" : piece;
      i += piece.size() - 1;
    }
    return written;
  }
#endif
  (void)server;
  return json;
}

TEST_P(RecordedAnswers, EveryRecordedBodyIsAnsweredWithTheRecordedBytes) {
  const std::unique_ptr<test::ServerProcess> server = Start(GetParam());
  test::RawConnection connection(server->address());
  const auto ask = [&connection](const ContractCase& row) {
    connection.Send(RenderRequest(row));
    return connection.ReadResponse();
  };
  const std::vector<GoAnswer> rows = ReadGoAnswers();
  EXPECT_GE(rows.size(), 500U);
  for (const GoAnswer& row : rows) {
    SCOPED_TRACE("line " + std::to_string(row.line) + ": " + row.text);
    const test::HttpResponse posted = ask({.name = row.text,
                                           .method = "POST",
                                           .target = std::string(kDetailsPath),
                                           .body = row.body});
    const std::string refusal = RefusalIn(row);
    ASSERT_EQ(posted.status, refusal.empty() ? 204 : 400);
    EXPECT_EQ(posted.body, refusal);
    if (!refusal.empty()) continue;
    EXPECT_EQ(ask({.name = row.text, .method = "GET", .target = std::string(kProductPath)}).body,
              AsWrittenBy(GetParam(), row.answer) + "\n");
  }
  connection.Close();
  EXPECT_EQ(server->Stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Section1, RecordedAnswers, ::testing::ValuesIn(AllServers()), NameOf);

}  // namespace
}  // namespace products::contract
