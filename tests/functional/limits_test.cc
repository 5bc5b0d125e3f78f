// Contract, section 3: every wait and every buffer has a limit, and only who exceeds it feels it.

#include "tests/functional/productd_fixture.h"

namespace products::test {
namespace {

class ShortTimeouts : public ProductdTest {
 protected:
  ShortTimeouts()
      : ProductdTest({"--http-header-timeout-ms", "200", "--http-body-timeout-ms", "250",
                      "--http-idle-timeout-ms", "300", "--http-write-timeout-ms", "300"}) {}

  double Ended(const std::string& outcome) {
    return ReadMetric(address(), "productd_connections_total{outcome=\"" + outcome + "\"}");
  }
  double Refused(const std::string& reason) {
    return ReadMetric(address(), "productd_requests_refused_total{reason=\"" + reason + "\"}");
  }
};

TEST_F(ShortTimeouts, AnUnfinishedHeaderIsAnsweredWith408) {
  RawConnection client = Connect();
  client.Send("GET /products/1 HTTP/1.1\r\nHost: te");
  EXPECT_EQ(client.ReadResponse().status, 408);
  EXPECT_TRUE(client.EndsCleanly());
  client.Close();
  EXPECT_EQ(Refused("header_timeout"), 1);
  EXPECT_TRUE(
      MetricBecomes(address(), R"(productd_connections_total{outcome="header_timeout"})", 1));
}

TEST_F(ShortTimeouts, AHeaderThatComesByteByByteHasNoMoreTime) {
  RawConnection client = Connect();
  client.Send("GET /products/1 HTTP/1.1\r\nX: ");
  // A byte whenever nothing has come for a while: the server's clock must not start anew with each.
  while (client.StaysSilent(std::chrono::milliseconds(20)) && client.TrySend("a")) {
  }
  EXPECT_EQ(client.ReadResponse().status, 408);
}

TEST_F(ShortTimeouts, AnUnfinishedBodyIsAnsweredWith408) {
  RawConnection client = Connect();
  client.Send("POST /products/1/details HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(client.ReadResponse().status, 408);
  EXPECT_TRUE(client.EndsCleanly());
  client.Close();
  EXPECT_EQ(Refused("body_timeout"), 1);
  EXPECT_TRUE(MetricBecomes(address(), R"(productd_connections_total{outcome="body_timeout"})", 1));
}

TEST_F(ShortTimeouts, AnIdleConnectionEndsWithoutAWord) {
  RawConnection silent = Connect();
  RawConnection once = Connect();
  once.Send(GetText("/products/1"));
  EXPECT_EQ(once.ReadResponse().status, 200);
  EXPECT_TRUE(silent.EndsCleanly());
  EXPECT_TRUE(once.EndsCleanly());
  EXPECT_EQ(Ended("idle_timeout"), 2);
}

// The other waits are long: a busy machine may keep a request that is half sent for a while.
class ShortWriteTimeout : public ProductdTest {
 protected:
  ShortWriteTimeout() : ProductdTest({"--http-write-timeout-ms", "300"}) {}
};

TEST_F(ShortWriteTimeout, AClientThatDoesNotReadIsLetGo) {
  RawConnection client(address(), 4096);
  std::string requests;
  for (int i = 0; i < 20'000; ++i) requests += GetText("/products/1");
  // Six megabytes of answers for a client that takes four kilobytes.
  (void)client.TrySend(requests);
  EXPECT_TRUE(
      MetricBecomes(address(), R"(productd_connections_total{outcome="write_timeout"})", 1));
}

using Limits = ProductdTest;

TEST_F(Limits, ABodyOverTheLimitIsRefusedAndTheAnswerReadableWhileTheClientStillSends) {
  RawConnection client = Connect();
  const std::size_t size = 8 * 1024 * 1024;
  client.Send("POST /products/1/details HTTP/1.1\r\nHost: test\r\nContent-Length: " +
              std::to_string(size) + "\r\n\r\n");
  // A reset must not overtake the answer, however much has been sent meanwhile.
  (void)client.TrySend(std::string(size / 2, 'x'));
  const HttpResponse response = client.ReadResponse();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body,
            "{\"error\":\"PAYLOAD_TOO_LARGE\",\"message\":\"body must be at most 65536 bytes\"}\n");
  EXPECT_EQ(response.Header("Connection"), "close");
}

TEST_F(Limits, AChunkedBodyOverTheLimitIsRefused) {
  RawConnection client = Connect();
  client.Send(
      "POST /products/1/details HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 20; ++i) {
    (void)client.TrySend("1000\r\n" + std::string(4096, 'x') + "\r\n");
  }
  EXPECT_EQ(client.ReadResponse().status, 413);
}

TEST_F(Limits, ABodyOfExactlyTheLimitIsRead) {
  std::string body = kSample;
  body.resize(64 * 1024, ' ');
  EXPECT_EQ(Exchange(address(), PostText("/products/1/details", body)).status, 204);
}

TEST_F(Limits, AReplacedProductGivesItsMemoryBack) {
  const double bytes = ReadMetric(address(), "productd_table_bytes");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Exchange(address(), PostText("/products/1/details", kSample)).status, 204);
  }
  EXPECT_TRUE(MetricBecomes(address(), "productd_table_bytes", bytes));
}

TEST_F(Limits, ASlowReaderDoesNotDelayOthers) {
  RawConnection slow(address(), 4096);
  std::string requests;
  for (int i = 0; i < 5'000; ++i) requests += GetText("/products/1");
  slow.Send(requests.substr(0, 64 * 1024));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Get(address(), "/products/1").status, 200);
}

class FewConnections : public ProductdTest {
 protected:
  FewConnections() : ProductdTest({"--http-max-connections", "4"}) {}
};

TEST_F(FewConnections, OneTooManyIsRefusedWith503AndTheOthersServed) {
  std::vector<RawConnection> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(Connect());
    clients.back().Send(GetText("/products/1"));
    EXPECT_EQ(clients.back().ReadResponse().status, 200);
  }
  RawConnection surplus = Connect();
  const HttpResponse refusal = surplus.ReadResponse();
  EXPECT_EQ(refusal.status, 503);
  EXPECT_EQ(refusal.body,
            "{\"error\":\"OVERLOADED\",\"message\":\"too many connections are open\"}\n");
  EXPECT_TRUE(refusal.HasHeader("Date"));
  EXPECT_EQ(refusal.Header("Retry-After"), "1");
  EXPECT_TRUE(surplus.EndsCleanly());
  clients.front().Send(GetText("/metrics"));
  EXPECT_NE(clients.front().ReadResponse().body.find(
                R"(productd_connections_total{outcome="refused"} 1)"),
            std::string::npos);
  clients.pop_back();
  // The place is free again as soon as the server has seen the end of that connection.
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  int status = 503;
  while (status == 503 && std::chrono::steady_clock::now() < deadline) {
    RawConnection next = Connect();
    if (next.TrySend(GetText("/products/1"))) status = next.ReadResponse().status;
  }
  EXPECT_EQ(status, 200);
}

class CrowdedPublicPort : public ProductdTest {
 protected:
  CrowdedPublicPort()
      : ProductdTest({"--http-max-connections", "1", "--management-listen", "127.0.0.1:0"}) {}
};

TEST_F(CrowdedPublicPort, LeavesRoomForProbesAndScrapes) {
  // None is left of the fixture's; the one counted is the scrape's own.
  ASSERT_TRUE(MetricBecomes(server_.management_address(), "productd_connections", 1));
  RawConnection crowd = Connect();
  crowd.Send(GetText("/products/1"));
  EXPECT_EQ(crowd.ReadResponse().status, 200);
  EXPECT_EQ(Connect().ReadResponse().status, 503);
  EXPECT_EQ(Get(server_.management_address(), "/healthz").status, 200);
  EXPECT_EQ(Get(server_.management_address(), "/metrics").status, 200);
}

class ManagementPort : public ProductdTest {
 protected:
  ManagementPort() : ProductdTest({"--management-listen", "127.0.0.1:0"}) {}
};

TEST_F(ManagementPort, HasMetricsAndProbesAndThePublicPortHasThemNot) {
  for (const std::string path :
       {"/metrics", "/healthz", "/readyz", "/health", "/version", "/openapi.json"}) {
    EXPECT_EQ(Get(server_.management_address(), path).status, 200) << path;
  }
  EXPECT_EQ(Get(server_.management_address(), "/products/1").status, 404);
  for (const std::string path : {"/metrics", "/healthz", "/readyz"}) {
    EXPECT_EQ(Get(address(), path).status, 404) << path;
  }
  for (const std::string path : {"/health", "/version", "/openapi.json", "/products/1"}) {
    EXPECT_EQ(Get(address(), path).status, 200) << path;
  }
}

class SmallTable : public ProductdTest {
 protected:
  SmallTable() : ProductdTest({"--storage-max-table-bytes", "200000"}) {}
};

TEST_F(SmallTable, AWriteBeyondItIsRefusedAndWhatIsThereIsServed) {
  // Ids far apart, so that each takes a branch of the table.
  int id = 1;
  HttpResponse response;
  do {
    id += 1 << 20;
    response = Exchange(address(), PostText("/products/" + std::to_string(id) + "/details",
                                            R"({"sku":"s","manufacturer":"m","category_id":1,)"
                                            R"("weight":1,"some_other_id":1})"));
  } while (response.status == 204 && id < 100 << 20);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.Header("Retry-After"), "1");
  EXPECT_EQ(response.body,
            "{\"error\":\"OVERLOADED\",\"message\":\"the catalogue has reached its memory "
            "limit\"}\n");
  EXPECT_EQ(ReadMetric(address(), R"(productd_requests_refused_total{reason="table_full"})"), 1);
  EXPECT_EQ(Get(address(), "/products/1").status, 200);
  EXPECT_EQ(Get(address(), "/readyz").status, 200);
}

}  // namespace
}  // namespace products::test
