// Contract, section 3: how long a connection lives, and who ends it.

#include "tests/functional/productd_fixture.h"

namespace products::test {
namespace {

using Connection = ProductdTest;

TEST_F(Connection, StaysOpenBetweenRequestsAndNeverClaimsToClose) {
  RawConnection client = Connect();
  for (int i = 0; i < 3; ++i) {
    client.Send(GetText("/products/1"));
    const HttpResponse response = client.ReadResponse();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, kSample + "\n");
    EXPECT_FALSE(response.HasHeader("Connection"));
  }
}

TEST_F(Connection, EndsAfterTheResponseWhenTheClientAsksForIt) {
  RawConnection client = Connect();
  client.Send("GET /products/1 HTTP/1.1\r\nHost: test\r\nConnection: Close\r\n\r\n");
  const HttpResponse response = client.ReadResponse();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("Connection"), "close");
  EXPECT_TRUE(client.EndsCleanly());
}

TEST_F(Connection, OfHttp10EndsAfterTheResponse) {
  RawConnection client = Connect();
  client.Send("GET /products/1 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body, kSample + "\n");
  EXPECT_TRUE(client.EndsCleanly());
}

TEST_F(Connection, OfHttp10StaysOpenWithKeepAliveAndSaysSo) {
  RawConnection client = Connect();
  for (int i = 0; i < 2; ++i) {
    client.Send("GET /products/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(client.ReadResponse().Header("Connection"), "keep-alive");
  }
}

TEST_F(Connection, HalfClosedByTheClientStillGetsItsAnswers) {
  RawConnection client = Connect();
  client.Send(PostText("/products/2/details", R"({"sku":"a","manufacturer":"b","category_id":1,)"
                                              R"("weight":1,"some_other_id":1})") +
              GetText("/products/2") + GetText("/products/999"));
  client.HalfClose();
  EXPECT_EQ(client.ReadResponse().status, 204);
  EXPECT_EQ(client.ReadResponse().status, 200);
  EXPECT_EQ(client.ReadResponse().status, 404);
  EXPECT_TRUE(client.EndsCleanly());
}

TEST_F(Connection, HalfClosedAmidARequestJustEnds) {
  RawConnection client = Connect();
  client.Send("GET /products/1 HTTP/1.1\r\nHost:");
  client.HalfClose();
  EXPECT_TRUE(client.EndsCleanly());
}

TEST_F(Connection, IsCountedByHowItEnded) {
  {
    RawConnection client = Connect();
    client.Send(GetText("/health"));
    EXPECT_EQ(client.ReadResponse().status, 200);
  }
  // Every ReadMetric ends a connection too, so the count passes through no fixed value: it is
  // enough that none is left open but the one that asks.
  EXPECT_TRUE(MetricBecomes(address(), "productd_connections", 1));
  EXPECT_GE(ReadMetric(address(), R"(productd_connections_total{outcome="closed_by_client"})"), 1);
}

TEST_F(Connection, AndItsRequestsLeaveNoLineInTheLog) {
  EXPECT_EQ(Get(address(), "/products/1").status, 200);
  const std::string log = server_.Log();
  EXPECT_FALSE(log.empty());
  for (const std::string target : {"/products/1", "/products/999", "/products/abc", "/metrics"}) {
    EXPECT_NE(Get(address(), target).status, 500);
  }
  EXPECT_EQ(Exchange(address(), PostText("/products/1/details", kSample)).status, 204);
  EXPECT_EQ(Exchange(address(), "BREW / HTTP/1.1\r\n\r\n").status, 501);
  EXPECT_EQ(server_.Log(), log);
}

class CrossOrigin : public ProductdTest {
 protected:
  CrossOrigin() : ProductdTest({"--http-cors-allow-origin", "https://shop.example"}) {}
};

TEST_F(CrossOrigin, PreflightNamesTheMethodsOfThePath) {
  RawConnection client = Connect();
  client.Send("OPTIONS /products/1/details HTTP/1.1\r\nHost: test\r\n\r\n");
  const HttpResponse response = client.ReadResponse();
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.Header("Access-Control-Allow-Origin"), "https://shop.example");
  EXPECT_EQ(response.Header("Access-Control-Allow-Methods"), "POST");
  EXPECT_EQ(response.Header("Access-Control-Allow-Headers"),
            "Content-Type, If-Match, If-None-Match");
  client.Send("OPTIONS /products/1 HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().Header("Access-Control-Allow-Methods"), "GET, HEAD, DELETE");
}

TEST_F(CrossOrigin, ARefusedMethodIsToldThatOptionsIsAllowed) {
  const HttpResponse response =
      Exchange(address(), "PUT /products/1 HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.Header("Allow"), "GET, HEAD, DELETE, OPTIONS");
}

TEST_F(CrossOrigin, EveryAnswerNamesTheOriginAndShowsItsETagToScripts) {
  for (const std::string target : {"/products/1", "/products/999", "/health"}) {
    const HttpResponse response = Get(address(), target);
    EXPECT_EQ(response.Header("Access-Control-Allow-Origin"), "https://shop.example") << target;
    EXPECT_EQ(response.Header("Access-Control-Expose-Headers"), "ETag") << target;
  }
}

TEST_F(Connection, OptionsIsRefusedWhileCorsIsOff) {
  RawConnection client = Connect();
  client.Send("OPTIONS /products/1 HTTP/1.1\r\nHost: test\r\n\r\n");
  const HttpResponse response = client.ReadResponse();
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.Header("Allow"), "GET, HEAD, DELETE");
  EXPECT_FALSE(response.HasHeader("Access-Control-Allow-Origin"));
  EXPECT_FALSE(response.HasHeader("Access-Control-Expose-Headers"));
}

}  // namespace
}  // namespace products::test
