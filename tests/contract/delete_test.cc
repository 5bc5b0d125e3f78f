// Section 2 of the contract: DELETE /products/{productId}.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/contract/contract_case.h"
#include "tests/contract/contract_server.h"
#include "tests/support/raw_connection.h"

namespace products::contract {
namespace {

class Delete : public ::testing::TestWithParam<ContractServer> {
 protected:
  test::HttpResponse Request(const std::string& method, const std::string& target,
                             const std::string& body = {}) {
    return AskAndCheckForm(*server_, method, target, body);
  }

  const std::unique_ptr<test::ServerProcess> server_ = Start(GetParam());
};

TEST_P(Delete, TakesTheProductAwayAndSaysNothing) {
  EXPECT_EQ(Request("POST", "/products/1/details", std::string(kSampleProduct)).status, 204);
  EXPECT_EQ(Request("DELETE", "/products/1").status, 204);
  const std::string absent = ErrorBody("NOT_FOUND", "product with ID 1 not found");
  for (const std::string method : {"GET", "DELETE"}) {
    const test::HttpResponse response = Request(method, "/products/1");
    EXPECT_EQ(response.status, 404) << method;
    EXPECT_EQ(response.body, absent) << method;
  }
  EXPECT_EQ(Request("POST", "/products/1/details", std::string(kSampleProduct)).status, 204);
  EXPECT_EQ(Request("GET", "/products/1").body, SampleAnswer()) << "it can be created again";
}

TEST_P(Delete, ReadsItsIdAsGetDoes) {
  for (const std::string id : {"abc", "1.0", "%201", "", "2147483648", "0", "-1", "00", "%"}) {
    const test::HttpResponse deleted = Request("DELETE", "/products/" + id);
    EXPECT_EQ(deleted.status, 400) << id;
    EXPECT_EQ(deleted.body, Request("GET", "/products/" + id).body) << id;
  }
  for (const std::string id : {"1", "+1", "01", "%31", "1?x=2"}) {
    Request("POST", "/products/1/details", std::string(kSampleProduct));
    EXPECT_EQ(Request("DELETE", "/products/" + id).status, 204) << id;
    EXPECT_EQ(Request("GET", "/products/1").status, 404) << id;
  }
  EXPECT_EQ(Request("DELETE", "/products/999").body,
            ErrorBody("NOT_FOUND", "product with ID 999 not found"));
}

TEST_P(Delete, LeavesOtherProductsAlone) {
  Request("POST", "/products/1/details", std::string(kSampleProduct));
  Request("POST", "/products/2/details", ProductWith({{"product_id", "2"}}));
  EXPECT_EQ(Request("DELETE", "/products/1").status, 204);
  EXPECT_EQ(Request("GET", "/products/2").body, ProductWith({{"product_id", "2"}}) + "\n");
}

TEST_P(Delete, KeepsItsPlaceAmongPipelinedRequests) {
  test::RawConnection connection(server_->address());
  const std::string get = "GET /products/1 HTTP/1.1\r\nHost: c\r\n\r\n";
  const std::string erase = "DELETE /products/1 HTTP/1.1\r\nHost: c\r\n\r\n";
  connection.Send(test::PostText("/products/1/details", std::string(kSampleProduct)) + get + erase +
                  get + erase + test::PostText("/products/1/details", std::string(kSampleProduct)) +
                  get);
  for (const int status : {204, 200, 204, 404, 404, 204, 200}) {
    EXPECT_EQ(connection.ReadResponse().status, status);
  }
}

INSTANTIATE_TEST_SUITE_P(Section2, Delete, ::testing::ValuesIn(ProductdServers()), NameOf);

}  // namespace
}  // namespace products::contract
