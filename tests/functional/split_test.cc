// Contract, section 3: how bytes are cut into segments never changes an answer.

#include <string>
#include <vector>

#include "tests/functional/productd_fixture.h"

namespace products::test {
namespace {

// With one worker, which takes connections and their bytes in the order in which they come: the
// answer to a later client shows that an earlier one's bytes have been read.
class Split : public ProductdTest {
 protected:
  Split() : ProductdTest({}, 1) {}
};

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
      "DELETE /products/999 HTTP/1.1\r\nHost: test\r\n\r\n",
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

// Status, body and whether the connection ends; Date differs from second to second.
std::string Answer(RawConnection& client, const std::string& request) {
  const HttpResponse response = client.ReadResponse(
      request.find("HEAD ") == std::string::npos ? BodyRule::kByContentLength : BodyRule::kNone);
  return std::to_string(response.status) + " " + response.Header("Connection").value_or("") + " " +
         response.body;
}

TEST_F(Split, AtEveryByteChangesNoAnswer) {
  for (const std::string& request : Requests()) {
    RawConnection whole = Connect();
    whole.Send(request);
    const std::string expected = Answer(whole, request);
    for (std::size_t at = 1; at < request.size(); ++at) {
      RawConnection client = Connect();
      client.Send(request.substr(0, at));
      ASSERT_EQ(Get(address(), "/health").status, 200);
      (void)client.TrySend(request.substr(at));
      ASSERT_EQ(Answer(client, request), expected) << "split at " << at << " of: " << request;
    }
  }
}

TEST_F(Split, IntoRequestsChangesNoAnswerWhateverCameBefore) {
  for (const std::string& before : Requests()) {
    RawConnection alone = Connect();
    alone.Send(before);
    const std::string first = Answer(alone, before);
    if (first.substr(4, 5) == "close") continue;
    for (const std::string& request : Requests()) {
      RawConnection whole = Connect();
      whole.Send(request);
      const std::string expected = Answer(whole, request);
      RawConnection client = Connect();
      client.Send(before + request);
      ASSERT_EQ(Answer(client, before), first) << "before: " << request;
      ASSERT_EQ(Answer(client, request), expected) << "behind: " << before;
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
