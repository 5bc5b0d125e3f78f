// Contract, section 3: where bodies begin and end, both ways.

#include "tests/functional/productd_fixture.h"

namespace products::test {
namespace {

using Framing = ProductdTest;

const std::string kOther =
    R"({"sku":"chunk","manufacturer":"b","category_id":1,"weight":1,"some_other_id":1})";

std::string Chunked(const std::string& chunks) {
  return "POST /products/5/details HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" +
         chunks;
}

// The body in chunks of `size`, with an extension on each and a trailer behind the last.
std::string InChunksOf(std::size_t size, const std::string& body) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string chunks;
  for (std::size_t i = 0; i < body.size(); i += size) {
    const std::string piece = body.substr(i, size);
    if (piece.size() >= 16) chunks += kDigits[piece.size() / 16];
    chunks += kDigits[piece.size() % 16];
    chunks += ";name=\"a;b\";other\r\n" + piece + "\r\n";
  }
  return chunks + "0;last\r\nX-Checksum: 1\r\nX-Host:\r\n\r\n";
}

TEST_F(Framing, ChunkedBodiesWithExtensionsAndTrailersAreReadInAnySegmentation) {
  const std::string request = Chunked(InChunksOf(7, kOther));
  for (std::size_t step = 1; step <= request.size(); step += step < 8 ? 1 : 23) {
    RawConnection client = Connect();
    for (std::size_t i = 0; i < request.size(); i += step) client.Send(request.substr(i, step));
    EXPECT_EQ(client.ReadResponse().status, 204) << "in steps of " << step;
    client.Send(GetText("/products/5"));
    EXPECT_NE(client.ReadResponse().body.find("chunk"), std::string::npos);
  }
}

TEST_F(Framing, ChunkSizesMayBeUpperCaseAndHaveLeadingZeros) {
  RawConnection client = Connect();
  client.Send(Chunked("0004F\r\n" + kOther + "\r\n0\r\n\r\n"));
  ASSERT_EQ(kOther.size(), 0x4FU);
  EXPECT_EQ(client.ReadResponse().status, 204);
}

TEST_F(Framing, HeadHasTheHeadersOfGetAndNoBody) {
  RawConnection client = Connect();
  client.Send("HEAD /products/1 HTTP/1.1\r\nHost: test\r\n\r\n" + GetText("/products/1"));
  const HttpResponse head = client.ReadResponse(BodyRule::kNone);
  const HttpResponse get = client.ReadResponse();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("Content-Length"), "123");
  EXPECT_EQ(head.Header("Content-Type"), get.Header("Content-Type"));
  EXPECT_EQ(get.body, kSample + "\n");
}

TEST_F(Framing, HeadOfAnUnknownProductHasTheLengthOfItsError) {
  RawConnection client = Connect();
  client.Send("HEAD /products/999 HTTP/1.1\r\nHost: test\r\n\r\n" + GetText("/health"));
  const HttpResponse head = client.ReadResponse(BodyRule::kNone);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.Header("Content-Length"), "64");
  EXPECT_EQ(client.ReadResponse().status, 200);
}

TEST_F(Framing, A204HasNeitherBodyNorLengthNorType) {
  const HttpResponse response = Exchange(address(), PostText("/products/1/details", kSample));
  EXPECT_EQ(response.status, 204);
  EXPECT_FALSE(response.HasHeader("Content-Length"));
  EXPECT_FALSE(response.HasHeader("Content-Type"));
  EXPECT_TRUE(response.HasHeader("Date"));
}

TEST_F(Framing, ExpectContinueIsAnsweredBeforeTheBodyIsSent) {
  RawConnection client = Connect();
  client.Send(
      "POST /products/6/details HTTP/1.1\r\nHost: test\r\nExpect: 100-Continue\r\n"
      "Content-Length: " +
      std::to_string(kOther.size()) + "\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().status, 100);
  client.Send(kOther);
  EXPECT_EQ(client.ReadResponse().status, 204);
}

TEST_F(Framing, ExpectContinueIsNotAnsweredWhenTheBodyIsAlreadyThere) {
  RawConnection client = Connect();
  client.Send(
      "POST /products/6/details HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n"
      "Content-Length: " +
      std::to_string(kOther.size()) + "\r\n\r\n" + kOther);
  EXPECT_EQ(client.ReadResponse().status, 204);
}

TEST_F(Framing, ExpectContinueForABodyOverTheLimitIsRefusedAtOnce) {
  RawConnection client = Connect();
  client.Send(
      "POST /products/6/details HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n"
      "Content-Length: 70000\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().status, 413);
  EXPECT_TRUE(client.EndsCleanly());
}

TEST_F(Framing, AnEqualContentLengthTwiceIsTaken) {
  RawConnection client = Connect();
  const std::string length = "Content-Length: " + std::to_string(kOther.size()) + "\r\n";
  client.Send("POST /products/6/details HTTP/1.1\r\nHost: test\r\n" + length + length + "\r\n" +
              kOther);
  EXPECT_EQ(client.ReadResponse().status, 204);
}

TEST_F(Framing, AbsoluteFormTargetsAreThePathBehindTheAuthority) {
  for (const std::string target : {"http://other.example/products/1", "HTTP://other/products/1?a=b",
                                   "https://other:8443/products/1"}) {
    const HttpResponse response = Get(address(), target);
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_EQ(response.body, kSample + "\n") << target;
  }
  EXPECT_EQ(Get(address(), "http://other.example").status, 404);
}

TEST_F(Framing, EmptyLinesBeforeARequestAreIgnored) {
  RawConnection client = Connect();
  client.Send("\r\n\r\n" + GetText("/health") + "\r\n" + GetText("/products/1"));
  EXPECT_EQ(client.ReadResponse().status, 200);
  EXPECT_EQ(client.ReadResponse().body, kSample + "\n");
}

}  // namespace
}  // namespace products::test
