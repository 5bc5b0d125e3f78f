// Contract, section 3: how bytes are cut into segments never changes an answer.

#include <string>
#include <vector>

#include "tests/functional/productd_fixture.h"

namespace products::test {
namespace {

using Split = ProductdTest;

std::vector<std::string> Requests() {
  const std::string product =
      R"({"sku":"a\u00e9","manufacturer":"b","category_id":1,"weight":2,"some_other_id":3})";
  const std::string post = "POST /products/3/details HTTP/1.1\r\nHost: test\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  return {
      GetText("/products/1"),
      GetText("/products/999"),
      GetText("/products/abc"),
      GetText("/products/%31"),
      GetText("/products/%zz"),
      GetText("http://other/products/1?x=y"),
      GetText("/no/such/path"),
      "HEAD /health HTTP/1.1\r\nHost: test\r\n\r\n",
      "DELETE /products/1 HTTP/1.1\r\nHost: test\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n",
      "GET /products/1 HTTP/1.0\r\n\r\n",
      "GET /products/1 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
      "\r\n\r\n" + GetText("/products/1"),
      "GET /products/1 HTTP/1.1\r\nUser-Agent: a\r\nAccept: */*\r\nVia: b\r\nHost: test\r\n\r\n",
      PostText("/products/3/details", product),
      PostText("/products/3/details", "not json"),
      PostText("/products/3/details", ""),
      chunked + "5\r\n{\"sku\r\n" + "3;x=y\r\n\":5\r\n" + "1\r\n}\r\n0\r\nTrailer: 1\r\n\r\n",
      chunked + "zz\r\n",
      "GET /products/1 HTTP/1.1\r\nHost : test\r\n\r\n",
      "BREW / HTTP/1.1\r\nHost: test\r\n\r\n",
      "GET / HTTP/3.0\r\nHost: test\r\n\r\n",
  };
}

// Status and body; Date differs from second to second.
std::string Answer(RawConnection& client, const std::string& request) {
  const HttpResponse response = client.ReadResponse(
      request.find("HEAD ") == std::string::npos ? BodyRule::kByContentLength : BodyRule::kNone);
  return std::to_string(response.status) + " " + response.body;
}

TEST_F(Split, AtEveryByteChangesNoAnswer) {
  for (const std::string& request : Requests()) {
    RawConnection whole = Connect();
    whole.Send(request);
    const std::string expected = Answer(whole, request);
    for (std::size_t at = 1; at < request.size(); ++at) {
      RawConnection client = Connect();
      client.Send(request.substr(0, at));
      // The answer to another request shows that the server has had the first piece by then, but
      // for the unlucky case of the other worker; no sleep is needed for those that it has not.
      if (at % 8 == 0) {
        EXPECT_EQ(Get(address(), "/health").status, 200);
      }
      (void)client.TrySend(request.substr(at));
      ASSERT_EQ(Answer(client, request), expected) << "split at " << at << " of: " << request;
    }
  }
}

TEST_F(Split, IntoSingleBytesChangesNoAnswer) {
  for (const std::string& request : Requests()) {
    RawConnection whole = Connect();
    whole.Send(request);
    const std::string expected = Answer(whole, request);
    RawConnection client = Connect();
    for (const char byte : request) {
      if (!client.TrySend(std::string_view(&byte, 1))) break;
    }
    EXPECT_EQ(Answer(client, request), expected) << request;
  }
}

}  // namespace
}  // namespace products::test
