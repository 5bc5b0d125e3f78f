// Contract, section 3: what is not HTTP is answered once, and the connection ends.

#include <string>
#include <vector>

#include "tests/functional/productd_fixture.h"

namespace products::test {
namespace {

struct MalformedCase {
  std::string name;
  std::string request;
  int status;
};

void PrintTo(const MalformedCase& malformed, std::ostream* out) { *out << malformed.name; }

std::vector<MalformedCase> MalformedCases() {
  using namespace std::string_literals;
  const std::string get = "GET /products/1 HTTP/1.1\r\n";
  const std::string host = "Host: test\r\n";
  const std::string post = "POST /products/1/details HTTP/1.1\r\n" + host;
  return {
      {"NoHost", get + "\r\n", 400},
      {"TwoHosts", get + host + host + "\r\n", 400},
      {"TwoHostsIn10", "GET /products/1 HTTP/1.0\r\n" + host + host + "\r\n", 400},
      {"HostWithASpace", get + "Host: a b\r\n\r\n", 400},
      {"BareLineFeeds", "GET /products/1 HTTP/1.1\nHost: test\n\n", 400},
      {"OneBareLineFeed", get + "Host: test\nX: y\r\n\r\n", 400},
      {"FoldedField", get + host + "X: a\r\n b\r\n\r\n", 400},
      {"FoldedFirstField", get + " " + host + "\r\n", 400},
      {"SpaceBeforeColon", get + "Host : test\r\n\r\n", 400},
      {"NoColon", get + host + "nonsense\r\n\r\n", 400},
      {"EmptyFieldName", get + host + ": value\r\n\r\n", 400},
      {"ControlByteInValue", get + host + "X: a\x01z\r\n\r\n", 400},
      {"NulInValue", get + host + "X: a\0z\r\n\r\n"s, 400},
      {"NulInTarget", "GET /products\0/1 HTTP/1.1\r\n"s + host + "\r\n", 400},
      {"CarriageReturnInValue", get + host + "X: a\rz\r\n\r\n", 400},
      {"HighByteInTarget", "GET /products/\xC3\xA9 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"TwoSpaces", "GET  /products/1 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"NoVersion", "GET /products/1\r\n" + host + "\r\n", 400},
      {"RelativeTarget", "GET products/1 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"UnknownScheme", "GET ftp://a/b HTTP/1.1\r\n" + host + "\r\n", 400},
      {"AsteriskForGet", "GET * HTTP/1.1\r\n" + host + "\r\n", 400},
      {"DifferingContentLengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {"ContentLengthWithSign", post + "Content-Length: +3\r\n\r\nabc", 400},
      {"ContentLengthNotANumber", post + "Content-Length: abc\r\n\r\nabc", 400},
      {"ContentLengthNegative", post + "Content-Length: -1\r\n\r\n", 400},
      {"ContentLengthBeyond64Bits", post + "Content-Length: 18446744073709551616\r\n\r\n", 400},
      {"CodingWithContentLength",
       post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
      {"ContentLengthWithCoding",
       post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"CodingIn10",
       "POST /products/1/details HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"GzipThenChunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"XChunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {"ChunkedTwice", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501},
      {"Identity", post + "Transfer-Encoding: identity\r\n\r\n", 501},
      {"BadChunkSize", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n", 400},
      {"HexPrefixInChunkSize", post + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
       400},
      {"ChunkLongerThanItsSize", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
       400},
      {"RequestLineCutShort", "GET / 4\r\n\r\n", 400},
      {"FramingFieldInTrailer",
       post + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 7\r\n\r\n", 400},
      {"UnknownMethod", "BREW /products/1 HTTP/1.1\r\n" + host + "\r\n", 501},
      {"LowerCaseMethod", "get /products/1 HTTP/1.1\r\n" + host + "\r\n", 501},
      {"Connect", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501},
      {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"Http12", "GET /products/1 HTTP/1.2\r\n" + host + "\r\n", 505},
      {"UnknownExpectation", post + "Expect: 200-maybe\r\nContent-Length: 0\r\n\r\n", 417},
      {"TargetOver8KiB", "GET /" + std::string(8192, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414},
      {"TargetWithoutEnd", "GET /" + std::string(9000, 'a'), 414},
      {"HeaderOver16KiB", get + host + "X: " + std::string(16384, 'a') + "\r\n\r\n", 431},
      {"HeaderWithoutEnd", get + host + "X: " + std::string(17000, 'a'), 431},
      {"ManyFieldsOver16KiB",
       [&] {
         std::string request = get + host;
         for (int i = 0; i < 2000; ++i) request += "X-Y: z12345\r\n";
         return request + "\r\n";
       }(),
       431},
      {"TlsHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"s, 400},
  };
}

class Malformed : public ProductdTest, public ::testing::WithParamInterface<MalformedCase> {};

TEST_P(Malformed, IsAnsweredOnceAndTheConnectionEnds) {
  RawConnection client = Connect();
  // The rest must not be taken for another request: that is how requests are smuggled.
  (void)client.TrySend(GetParam().request + GetText("/products/1"));
  const HttpResponse response = client.ReadResponse();
  EXPECT_EQ(response.status, GetParam().status) << response.body;
  EXPECT_EQ(response.Header("Connection"), "close");
  EXPECT_EQ(response.Header("Content-Type"), "application/json");
  EXPECT_EQ(response.body.substr(0, 10), R"({"error":")");
  EXPECT_EQ(client.ReadUntilEnd(), "");
  EXPECT_EQ(Get(address(), "/products/1").status, 200);
}

INSTANTIATE_TEST_SUITE_P(Requests, Malformed, ::testing::ValuesIn(MalformedCases()),
                         [](const auto& test_case) { return test_case.param.name; });

using LongestRequest = ProductdTest;

TEST_F(LongestRequest, IsTakenAndOneByteMoreIsNot) {
  const std::string target = "/products/1?" + std::string(8192 - 12, 'a');
  EXPECT_EQ(Get(address(), target).status, 200);
  EXPECT_EQ(Get(address(), target + "a").status, 414);
  // The field lines and the empty line behind them.
  const std::string begin = "GET /products/1 HTTP/1.1\r\n";
  const std::string host = "Host: test\r\n";
  const std::string field = "X: " + std::string(16384 - host.size() - 7, 'a') + "\r\n\r\n";
  EXPECT_EQ(Exchange(address(), begin + host + field).status, 200);
  EXPECT_EQ(Exchange(address(), begin + host + "X" + field).status, 431);
}

}  // namespace
}  // namespace products::test
