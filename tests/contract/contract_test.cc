// Section 1 of the contract, row by row, over a socket, against productd with every engine and
// against the Go peer, so that the two are known to agree.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/contract/contract_case.h"
#include "tests/contract/contract_server.h"
#include "tests/support/http_response.h"
#include "tests/support/server_process.h"

namespace products::contract {
namespace {

const ContractCase kGetProduct1{
    .name = "read back", .method = "GET", .target = std::string(kProductPath)};
const ContractCase kPutSample{.name = "put the sample",
                              .method = "POST",
                              .target = std::string(kDetailsPath),
                              .body = std::string(kSampleProduct)};

bool AppliesTo(const ContractCase& row, const ContractServer& server) {
  switch (row.answerer) {
    case Answerer::kBoth:
      return true;
    case Answerer::kProductdOnly:
      return !server.is_go_peer;
    case Answerer::kGoPeerOnly:
      return server.is_go_peer;
  }
  return false;
}

// The Go peer answers these before its handler: a body of another form, to the end of the stream.
void CheckStatusOnly(const std::string& answer, const ContractCase& row,
                     const ContractServer& server) {
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(row.status) + " ")) << answer;
  if (server.is_go_peer) return;
  const auto parsed = test::ParseHttpResponse(answer, BodyRuleOf(row.method));
  ASSERT_TRUE(parsed.has_value()) << answer;
  const test::HttpResponse& response = parsed->first;
  EXPECT_EQ(parsed->second, answer.size()) << "bytes behind the answer: " << answer;
  CheckForm(response, row.method);
  EXPECT_EQ(response.Header("Content-Type"), "application/json");
  EXPECT_TRUE(response.body.starts_with(R"({"error":")")) << response.body;
  EXPECT_TRUE(response.body.ends_with("\"}\n")) << response.body;
}

class Contract : public ::testing::TestWithParam<ContractServer> {
 protected:
  void Run(const std::vector<ContractCase>& rows) {
    const std::unique_ptr<test::ServerProcess> server = Start(GetParam());
    for (const ContractCase& row : rows) {
      if (!AppliesTo(row, GetParam())) {
        EXPECT_FALSE(row.reason.empty()) << row.name << " is left out without a reason";
        continue;
      }
      SCOPED_TRACE(row.name + ": " + row.method + " " + row.target + " " +
                   ::testing::PrintToString(row.body.substr(0, 400)));
      ASSERT_EQ(Ask(*server, kPutSample).status, 204);
      if (row.status_only) {
        CheckStatusOnly(AskAndReadUntilEnd(*server, row), row, GetParam());
      } else {
        Check(Ask(*server, row), row);
      }
      const std::string expected =
          row.product_1_afterwards.empty() ? SampleAnswer() : row.product_1_afterwards;
      EXPECT_EQ(Ask(*server, kGetProduct1).body, expected);
    }
  }

 private:
  void Check(const test::HttpResponse& response, const ContractCase& row) {
    EXPECT_EQ(response.status, row.status);
    CheckForm(response, row.method);
    EXPECT_EQ(response.body, row.answer);
    if (row.status != 204) {
      EXPECT_EQ(response.Header("Content-Type"), "application/json");
    }
    for (const std::string name : {"Allow", "Connection"}) {
      const auto wanted = row.headers.find(name);
      const auto answered = response.Header(name);
      EXPECT_EQ(answered.value_or("absent"),
                wanted == row.headers.end() ? "absent" : wanted->second)
          << name;
    }
  }
};

TEST_P(Contract, OperationsAnswerTheBytesThatClientsKnow) { Run(OperationCases()); }
TEST_P(Contract, PathIdIsReadAsTheRowsSay) { Run(PathIdCases()); }
TEST_P(Contract, BodyThatIsNoJsonIsRefusedInTheKnownWords) { Run(SyntaxCases()); }
TEST_P(Contract, ValueOfAnotherTypeIsRefusedInTheKnownWords) { Run(TypeCases()); }
TEST_P(Contract, FieldsAreCheckedAndStoredAsTheRowsSay) { Run(FieldCases()); }
TEST_P(Contract, TheFirstFailedCheckIsTheOneAnswered) { Run(CheckOrderCases()); }
TEST_P(Contract, UnknownPathsAndMethodsAreRefused) { Run(RoutingCases()); }

TEST_P(Contract, ExamplesHaveTheLengthsThatTheContractStates) {
  const std::unique_ptr<test::ServerProcess> server = Start(GetParam());
  ContractCase row{.name = "lengths", .method = "GET", .target = "/products/0"};
  EXPECT_EQ(Ask(*server, row).Header("Content-Length"), "66");
  row.target = "/products/999";
  EXPECT_EQ(Ask(*server, row).Header("Content-Length"), "64");
  row = {.name = "not json", .method = "POST", .target = "/products/1/details", .body = "not json"};
  EXPECT_EQ(Ask(*server, row).Header("Content-Length"), "106");
  EXPECT_EQ(Ask(*server, kPutSample).status, 204);
  EXPECT_EQ(Ask(*server, kGetProduct1).Header("Content-Length"), "123");
}

INSTANTIATE_TEST_SUITE_P(Section1, Contract, ::testing::ValuesIn(AllServers()), NameOf);

}  // namespace
}  // namespace products::contract
