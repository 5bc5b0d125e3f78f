// Section 2 of the contract: ETag, and what If-Match and If-None-Match make of a request.

#include <gtest/gtest.h>

#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "tests/contract/contract_case.h"
#include "tests/contract/contract_server.h"
#include "tests/support/raw_connection.h"

namespace products::contract {
namespace {

const std::string kOtherTag = R"("fedcba9876543210")";

class ConditionalRequests : public ::testing::TestWithParam<ContractServer> {
 protected:
  test::HttpResponse Request(const std::string& method, const std::string& target,
                             const std::string& headers = {}, const std::string& body = {}) {
    SCOPED_TRACE(method + " " + target + " " + headers);
    test::HttpResponse response = Ask(*server_, {.name = target,
                                                 .method = method,
                                                 .target = target,
                                                 .body = body,
                                                 .request_headers = headers});
    CheckForm(response, method);
    return response;
  }
  test::HttpResponse Put(const std::string& body, const std::string& headers = {}) {
    return Request("POST", std::string(kDetailsPath), headers, body);
  }
  /// As GET says it; empty when product 1 is absent.
  std::string TagOfProduct1() {
    return Request("GET", std::string(kProductPath)).Header("ETag").value_or("");
  }

  /// With the sample product as product 1 and 999 absent; `headers` may hold OURS, which stands for
  /// its tag.
  struct Row {
    std::string method;
    std::string target;
    std::string headers;
    int status;
    std::string message = {};
  };
  void Check(const Row& row) {
    SCOPED_TRACE(row.method + " " + row.target + " " + row.headers);
    const std::string tag = Put(std::string(kSampleProduct)).Header("ETag").value_or("none");
    std::string headers = row.headers;
    if (const std::size_t at = headers.find("OURS"); at != std::string::npos) {
      headers.replace(at, 4, tag);
    }
    const bool is_put = row.method == "POST";
    const test::HttpResponse response =
        Request(row.method, row.target, headers, is_put ? ProductWith({{"product_id", "0"}}) : "");
    EXPECT_EQ(response.status, row.status);
    if (row.status == 412 && row.method != "HEAD") {
      EXPECT_EQ(response.body, ErrorBody("PRECONDITION_FAILED", row.message));
    }
    if (row.status == 400) {
      EXPECT_EQ(response.body, InvalidInput(row.message));
    }
    const bool changes = is_put || row.method == "DELETE";
    if (row.status >= 400 || !changes) {
      EXPECT_EQ(TagOfProduct1(), tag) << "nothing is changed";
    }
    if (row.status == 304) {
      EXPECT_EQ(response.Header("ETag"), tag);
    }
  }

  const std::unique_ptr<test::ServerProcess> server_ = Start(GetParam());
};

TEST_P(ConditionalRequests, ProductsHaveAStrongETagThatFollowsTheirBytes) {
  const std::string stored = Put(std::string(kSampleProduct)).Header("ETag").value_or("");
  EXPECT_TRUE(std::regex_match(stored, std::regex("\"[0-9a-f]{16}\""))) << stored;
  EXPECT_EQ(TagOfProduct1(), stored) << "what a write says is what a read finds";
  EXPECT_EQ(Request("HEAD", std::string(kProductPath)).Header("ETag"), stored);

  const std::string other = Put(ProductWith({})).Header("ETag").value_or("");
  EXPECT_NE(other, stored);
  EXPECT_EQ(TagOfProduct1(), other);
  EXPECT_EQ(Put(std::string(kSampleProduct)).Header("ETag"), stored) << "the same bytes again";
  // Written otherwise, the same product: what is stored are the bytes that a read answers.
  EXPECT_EQ(Put(" " + std::string(kSampleProduct) + " ").Header("ETag"), stored);
}

TEST_P(ConditionalRequests, NothingButAProductHasAnETag) {
  for (const std::string target :
       {"/products/999", "/products/abc", "/health", "/metrics", "/version", "/nothing"}) {
    EXPECT_FALSE(Request("GET", target).HasHeader("ETag")) << target;
  }
  EXPECT_FALSE(Put("not json").HasHeader("ETag"));
  Put(std::string(kSampleProduct));
  EXPECT_FALSE(Request("DELETE", std::string(kProductPath)).HasHeader("ETag"));
}

TEST_P(ConditionalRequests, ANotModifiedProductIsAnsweredWithoutItsBody) {
  Put(std::string(kSampleProduct));
  const std::string tag = TagOfProduct1();
  for (const std::string method : {"GET", "HEAD"}) {
    const std::string answer = AskAndReadUntilEnd(
        *server_, {.name = method,
                   .method = method,
                   .target = "/products/1",
                   .request_headers = "If-None-Match: " + tag + "\r\nConnection: close\r\n"});
    const std::regex form("HTTP/1.1 304 Not Modified\r\nDate: [^\r]+ GMT\r\nETag: " + tag +
                          "\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(std::regex_match(answer, form)) << answer;
  }
}

TEST_P(ConditionalRequests, ReadsAreDecidedByTheRulesOfRfc9110) {
  const std::string other = "the product has another ETag";
  const std::vector<Row> rows = {
      {"GET", "/products/1", "If-None-Match: OURS\r\n", 304},
      {"GET", "/products/1", "If-None-Match: W/OURS\r\n", 304},
      {"GET", "/products/1", "If-None-Match: *\r\n", 304},
      {"GET", "/products/1", "If-None-Match: " + kOtherTag + " , OURS\r\n", 304},
      {"GET", "/products/1", "If-None-Match: " + kOtherTag + "\r\nIf-None-Match: OURS\r\n", 304},
      {"GET", "/products/1", "if-none-match:OURS\r\n", 304},
      {"GET", "/products/1", "If-None-Match: " + kOtherTag + "\r\n", 200},
      {"GET", "/products/1", "If-None-Match: \"\"\r\n", 200},
      {"HEAD", "/products/1", "If-None-Match: OURS\r\n", 304},
      {"GET", "/products/1", "If-Match: OURS\r\n", 200},
      {"GET", "/products/1", "If-Match: *\r\n", 200},
      {"GET", "/products/1", "If-Match: W/OURS\r\n", 412, other},
      {"GET", "/products/1", "If-Match: " + kOtherTag + "\r\n", 412, other},
      {"HEAD", "/products/1", "If-Match: " + kOtherTag + "\r\n", 412},
      {"GET", "/products/1", "If-Match: " + kOtherTag + "\r\nIf-None-Match: OURS\r\n", 412, other},
      {"GET", "/products/1", "If-Match: *\r\nIf-None-Match: OURS\r\n", 304},
      {"GET", "/products/1", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 200},
      {"GET", "/products/1", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 200},
      // What would not be a success anyway is answered as without conditions (13.2.1).
      {"GET", "/products/999", "If-Match: OURS\r\n", 404},
      {"GET", "/products/999", "If-None-Match: *\r\n", 404},
      {"GET", "/products/0", "If-Match: *\r\n", 400, R"(productId must be \u003e= 1)"},
      // Only a product has conditions.
      {"GET", "/health", "If-Match: " + kOtherTag + "\r\n", 200},
      {"GET", "/health", "If-None-Match: *\r\n", 200},
  };
  for (const Row& row : rows) Check(row);
}

TEST_P(ConditionalRequests, WritesAreDecidedWhenTheirTurnComes) {
  const std::string other = "the product has another ETag";
  const std::string absent = "the product does not exist";
  const std::string there = "the product exists";
  const std::string same = "the product has this ETag";
  const std::vector<Row> rows = {
      {"POST", "/products/1/details", "If-Match: OURS\r\n", 204},
      {"POST", "/products/1/details", "If-Match: *\r\n", 204},
      {"POST", "/products/1/details", "If-Match: " + kOtherTag + ", OURS\r\n", 204},
      {"POST", "/products/1/details", "If-Match: " + kOtherTag + "\r\n", 412, other},
      {"POST", "/products/1/details", "If-Match: W/OURS\r\n", 412, other},
      {"POST", "/products/1/details", "If-None-Match: *\r\n", 412, there},
      {"POST", "/products/1/details", "If-None-Match: OURS\r\n", 412, same},
      {"POST", "/products/1/details", "If-None-Match: W/OURS\r\n", 412, same},
      {"POST", "/products/1/details", "If-None-Match: " + kOtherTag + "\r\n", 204},
      {"POST", "/products/1/details", "If-Match: OURS\r\nIf-None-Match: *\r\n", 412, other},
      {"POST", "/products/1/details", "If-Match: *\r\nIf-None-Match: " + kOtherTag + "\r\n", 204},
      {"POST", "/products/999/details", "If-Match: *\r\n", 412, absent},
      {"POST", "/products/999/details", "If-Match: OURS\r\n", 412, absent},
      {"DELETE", "/products/1", "If-Match: " + kOtherTag + "\r\n", 412, other},
      {"DELETE", "/products/1", "If-Match: W/OURS\r\n", 412, other},
      {"DELETE", "/products/1", "If-None-Match: *\r\n", 412, there},
      {"DELETE", "/products/1", "If-None-Match: OURS\r\n", 412, same},
      {"DELETE", "/products/1", "If-Match: OURS\r\n", 204},
      {"DELETE", "/products/1", "If-Match: *\r\n", 204},
      {"DELETE", "/products/1", "If-None-Match: " + kOtherTag + "\r\n", 204},
      {"DELETE", "/products/999", "If-Match: OURS\r\n", 404},
      {"DELETE", "/products/999", "If-Match: *\r\n", 404},
      {"DELETE", "/products/999", "If-None-Match: *\r\n", 404},
  };
  for (const Row& row : rows) Check(row);
  // The last: what it creates is there from then on.
  Check({"POST", "/products/999/details", "If-None-Match: *\r\n", 204});
  Check({"POST", "/products/999/details", "If-None-Match: *\r\n", 412, there});
}

TEST_P(ConditionalRequests, AFieldThatIsNoListOfTagsIsRefusedInClearWords) {
  const std::string rule = R"( must be * or a list of entity-tags such as \"x\")";
  std::string many = kOtherTag;
  for (int i = 0; i < 64; ++i) many += "," + kOtherTag;
  for (const std::string method : {"GET", "POST", "DELETE"}) {
    const std::string target(method == "POST" ? kDetailsPath : kProductPath);
    Check({method, target, "If-Match: fedcba9876543210\r\n", 400, "If-Match" + rule});
    Check({method, target, "If-Match: *\r\nIf-Match: OURS\r\n", 400, "If-Match" + rule});
    Check({method, target, "If-None-Match: \"\r\n", 400, "If-None-Match" + rule});
    Check({method, target, "If-None-Match: " + many + "\r\n", 400,
           "If-None-Match must list at most 64 entity-tags"});
  }
}

TEST_P(ConditionalRequests, ABodyThatIsNoProductIsRefusedWhateverTheConditionsSay) {
  Put(std::string(kSampleProduct));
  EXPECT_EQ(Put("not json", "If-Match: " + kOtherTag + "\r\n").status, 400);
  EXPECT_EQ(Put("{}", "If-None-Match: *\r\n").body, InvalidInput("sku is required"));
}

INSTANTIATE_TEST_SUITE_P(Section2, ConditionalRequests, ::testing::ValuesIn(ProductdServers()),
                         NameOf);

}  // namespace
}  // namespace products::contract
