// Contract, section 2: POST /products/batch over a real socket, in any segmentation and to any end.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "tests/functional/productd_fixture.h"
#include "tests/support/http_response.h"

namespace products::test {
namespace {

std::string ProductLine(int id, int weight = 0) {
  return R"({"product_id":)" + std::to_string(id) + R"(,"sku":"s","manufacturer":"m",)" +
         R"("category_id":1,"weight":)" + std::to_string(weight) + R"(,"some_other_id":1})" + "\n";
}

const std::string kHead = "POST /products/batch HTTP/1.1\r\nHost: test\r\n";
const std::string kChunkedHead = kHead + "Transfer-Encoding: chunked\r\n\r\n";

std::string BatchText(const std::string& body) {
  return kHead + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string Chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

std::string ChunkedBatchText(const std::string& body) {
  std::string text = kChunkedHead;
  for (std::size_t at = 0; at < body.size(); at += 29) text += Chunk(body.substr(at, 29));
  return text + "0\r\n\r\n";
}

std::string Stored(int stored) {
  return "{\"stored\":" + std::to_string(stored) + ",\"rejected\":0,\"errors\":[]}\n";
}

// With one worker, as in split_test.cc: the answer to a later client shows that an earlier one's
// bytes have been read.
class Batch : public ProductdTest {
 protected:
  explicit Batch(std::vector<std::string> flags = {}) : ProductdTest(std::move(flags), 1) {}

  void ExpectEarlierBytesAreRead() { ASSERT_EQ(Get(address(), "/health").status, 200); }
};

TEST_F(Batch, SplitAtEveryByteIsTheSame) {
  const std::string body = ProductLine(7, 5) + "\nno json\n" + ProductLine(8) + "{}";
  const std::string expected =
      R"({"stored":2,"rejected":2,"errors":[{"line":3,"error":"INVALID_INPUT","message":)"
      R"x("Invalid JSON: invalid character 'o' in literal null (expecting 'u')"},)x"
      R"({"line":5,"error":"INVALID_INPUT","message":"sku is required"}]})"
      "\n";
  for (const std::string& request : {BatchText(body), ChunkedBatchText(body)}) {
    for (std::size_t at = 1; at < request.size(); ++at) {
      RawConnection client = Connect();
      client.Send(request.substr(0, at));
      ExpectEarlierBytesAreRead();
      client.Send(request.substr(at) + GetText("/products/7"));
      const HttpResponse response = client.ReadResponse();
      ASSERT_EQ(response.status, 200) << at;
      ASSERT_EQ(response.body, expected) << at;
      ASSERT_EQ(client.ReadResponse().body, ProductLine(7, 5)) << at;
    }
  }
}

TEST_F(Batch, OfThousandsOfLinesIsReadBackByTheListsWhole) {
  std::string body = ProductLine(1);
  for (int id = 2; id <= 20'000; ++id) body += ProductLine(id, id);
  const HttpResponse response = Exchange(address(), BatchText(body));
  ASSERT_EQ(response.body, Stored(20'000));
  const HttpResponse stream = Exchange(
      address(), "GET /products HTTP/1.1\r\nHost: test\r\nAccept: application/x-ndjson\r\n\r\n");
  EXPECT_TRUE(stream.body == body) << stream.body.size();

  std::string paged;
  std::string after = "0";
  for (int pages = 0; !after.empty(); ++pages) {
    ASSERT_LT(pages, 21);
    const std::string page = Get(address(), "/products?limit=1000&after=" + after).body;
    const std::size_t end = page.rfind(']');
    // `{"products":[` and what stands between is as in the stream, but for commas.
    paged += page.substr(13, end - 13) + "\n";
    const std::size_t next = page.find("\"next_after\":", end);
    after = next == std::string::npos ? "" : page.substr(next + 13, page.rfind('}') - next - 13);
  }
  for (std::size_t at = paged.find("},{"); at != std::string::npos; at = paged.find("},{", at)) {
    paged[at + 1] = '\n';
  }
  EXPECT_TRUE(paged == body);
}

TEST_F(Batch, IsAskedForByWhoExpectsToBe) {
  RawConnection client = Connect();
  client.Send(kHead + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().status, 100);
  client.Send("\n");
  EXPECT_EQ(client.ReadResponse().body, Stored(0));
}

TEST_F(Batch, OfHttp10IsAnsweredAndEnds) {
  RawConnection client = Connect();
  const std::string line = ProductLine(5);
  client.Send("POST /products/batch HTTP/1.0\r\nContent-Length: " + std::to_string(line.size()) +
              "\r\n\r\n" + line);
  EXPECT_EQ(client.ReadResponse().body, Stored(1));
  EXPECT_TRUE(client.EndsCleanly());
}

TEST_F(Batch, ThatItsClientCutsShortIsForgottenButForWhatIsStored) {
  for (const bool by_reset : {true, false}) {
    RawConnection client = Connect();
    client.Send(kChunkedHead + Chunk(ProductLine(5)));
    ExpectEarlierBytesAreRead();
    if (by_reset) {
      client.Reset();
    } else {
      client.HalfClose();
      EXPECT_EQ(client.ReadUntilEnd(), "");
    }
    EXPECT_TRUE(MetricBecomes(address(), "http_requests_in_flight", 1)) << "the scrape alone";
  }
  EXPECT_EQ(Get(address(), "/products/5").status, 404) << "its group was never complete";
}

TEST_F(Batch, ThatIsMalformedMidwayIsRefused) {
  RawConnection client = Connect();
  client.Send(kChunkedHead + Chunk(ProductLine(5)) + "x\r\n");
  EXPECT_EQ(client.ReadResponse().status, 400);
  EXPECT_TRUE(client.EndsCleanly());
}

class ShortBodyTimeout : public Batch {
 protected:
  ShortBodyTimeout() : Batch({"--http-body-timeout-ms", "300"}) {}
};

TEST_F(ShortBodyTimeout, EndsABatchOnlyWhenItPauses) {
  RawConnection client = Connect();
  client.Send(kChunkedHead);
  const auto begin = std::chrono::steady_clock::now();
  int lines = 0;
  while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(900)) {
    client.Send(Chunk(ProductLine(++lines)));
    ASSERT_TRUE(client.StaysSilent(std::chrono::milliseconds(20))) << lines;
  }
  EXPECT_EQ(client.ReadResponse().status, 408);
  EXPECT_TRUE(client.EndsCleanly());
}

class OneBatchAtATime : public Batch {
 protected:
  OneBatchAtATime() : Batch({"--http-max-batch-streams", "1"}) {}
};

TEST_F(OneBatchAtATime, RefusesASecondAndTakesTheNext) {
  RawConnection first = Connect();
  first.Send(kChunkedHead);
  ExpectEarlierBytesAreRead();
  const HttpResponse refused = Exchange(address(), BatchText(ProductLine(5)));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.Header("Retry-After"), "1");
  EXPECT_EQ(ReadMetric(address(), R"(productd_requests_refused_total{reason="batch_streams"})"), 1);
  first.Send("0\r\n\r\n");
  EXPECT_EQ(first.ReadResponse().body, Stored(0));
  EXPECT_EQ(Exchange(address(), BatchText(ProductLine(5))).body, Stored(1));
}

class BatchInLittleMemory : public Batch {
 protected:
  BatchInLittleMemory() : Batch({"--storage-max-table-bytes", "2000000"}) {}
};

TEST_F(BatchInLittleMemory, EndsABatchAndSaysHowMuchOfItIsStored) {
  std::string body;
  for (int id = 1; id <= 40'000; ++id) body += ProductLine(id);
  RawConnection client = Connect();
  (void)client.TrySend(BatchText(body));
  const HttpResponse response = client.ReadResponse();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.Header("Connection"), "close");
  const double stored = ReadMetric(address(), "productd_products");
  EXPECT_GT(stored, 1);
  EXPECT_TRUE(response.body.ends_with(",\"details\":\"" + std::to_string(static_cast<int>(stored)) +
                                      " products of this batch are stored\"}\n"))
      << response.body << stored;
}

TEST_F(Batch, InFlightIsFinishedWhenTheServerDrains) {
  RawConnection client = Connect();
  client.Send(kChunkedHead + Chunk(ProductLine(5)));
  ExpectEarlierBytesAreRead();
  server_.Signal(SIGTERM);
  while (Get(address(), "/readyz").status != 503) {
  }
  client.Send(Chunk(ProductLine(6)) + "0\r\n\r\n");
  const HttpResponse response = client.ReadResponse();
  EXPECT_EQ(response.body, Stored(2));
  EXPECT_EQ(response.Header("Connection"), "close");
  EXPECT_EQ(server_.WaitForExit(), 0);
}

constexpr std::size_t kMiB = std::size_t{1} << 20;
const std::string kStreamRequest =
    "GET /products HTTP/1.1\r\nHost: test\r\nAccept: application/x-ndjson\r\n\r\n";

const std::string kLastRequest =
    "GET /products/1 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";

class Stream : public Batch {
 protected:
  // Of 7 MB: more than the kernel keeps for a connection.
  Stream() {
    for (int id = 1; id <= 70'000; ++id) catalogue_ += ProductLine(id, 1'000'000'000);
    EXPECT_EQ(Exchange(address(), BatchText(catalogue_)).body, Stored(70'000));
  }

  std::string catalogue_;
};

TEST_F(Stream, ToSlowReadersCostsAPieceEachAndDelaysNobody) {
  const std::size_t before = server_.PeakResidentBytes();
  std::vector<RawConnection> slow;
  for (int i = 0; i < 30; ++i) {
    slow.emplace_back(address(), 4096);
    slow.back().Send(kStreamRequest + kLastRequest);
  }
  // The worker serves others while none of these reads.
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Get(address(), "/products/" + std::to_string(i + 1)).status, 200);
  }
  if (kMemoryIsItsOwn) {
    EXPECT_LT(server_.PeakResidentBytes() - before, 8 * kMiB);
  }
  // Nothing was lost to those that waited.
  const std::string all = slow.back().ReadUntilEnd();
  const auto stream = ParseHttpResponse(all, BodyRule::kByContentLength);
  ASSERT_TRUE(stream.has_value());
  EXPECT_TRUE(stream->first.body == catalogue_);
  const std::string_view behind = std::string_view(all).substr(stream->second);
  EXPECT_EQ(ParseHttpResponse(behind, BodyRule::kByContentLength)->first.status, 200);
}

TEST_F(Stream, ToHttp10IsWholeAtTheConnectionsEnd) {
  RawConnection client = Connect();
  client.Send("GET /products?after=69990 HTTP/1.0\r\nAccept: application/x-ndjson\r\n\r\n");
  const std::string all = client.ReadUntilEnd();
  EXPECT_EQ(all.find("Transfer-Encoding"), std::string::npos);
  EXPECT_TRUE(
      all.ends_with("\r\n\r\n" + catalogue_.substr(catalogue_.find("{\"product_id\":69991,"))))
      << all;
}

TEST_F(Stream, ThatItsReaderLeavesIsForgotten) {
  {
    RawConnection reader(address(), 4096);
    reader.Send(kStreamRequest);
    ExpectEarlierBytesAreRead();
    reader.Reset();
  }
  EXPECT_TRUE(MetricBecomes(address(), "http_requests_in_flight", 1));
}

TEST_F(Stream, BegunBeforeADrainIsFinished) {
  RawConnection reader(address(), 4096);
  reader.Send(kStreamRequest);
  ExpectEarlierBytesAreRead();
  server_.Signal(SIGTERM);
  while (Get(address(), "/readyz").status != 503) {
  }
  reader.Send(kLastRequest);
  const auto stream = ParseHttpResponse(reader.ReadUntilEnd(), BodyRule::kByContentLength);
  ASSERT_TRUE(stream.has_value());
  EXPECT_TRUE(stream->first.body == catalogue_);
  EXPECT_EQ(server_.WaitForExit(), 0);
}

}  // namespace
}  // namespace products::test
