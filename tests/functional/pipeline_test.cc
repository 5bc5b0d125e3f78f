// Contract, section 3: pipelined requests are answered all, and in order, also where some answers
// come later (writes, metrics).

#include "tests/functional/productd_fixture.h"

namespace products::test {
namespace {

using Pipeline = ProductdTest;

struct Step {
  std::string request;
  int status;
  BodyRule rule;
  std::string body;
};

std::string ProductText(int id, int weight) {
  return R"({"product_id":)" + std::to_string(id) + R"(,"sku":"s","manufacturer":"m",)" +
         R"("category_id":1,"weight":)" + std::to_string(weight) + R"(,"some_other_id":1})";
}

// A write of product 7, a read that must see it, and reads, refusals and scrapes between.
Step StepAt(int i) {
  switch (i % 6) {
    case 0:
      return {PostText("/products/7/details", ProductText(7, i)), 204, BodyRule::kNone, ""};
    case 1:
      return {GetText("/products/7"), 200, BodyRule::kByContentLength,
              ProductText(7, i - 1) + "\n"};
    case 2:
      return {GetText("/products/999"), 404, BodyRule::kByContentLength, ""};
    case 3:
      return {"HEAD /products/1 HTTP/1.1\r\nHost: test\r\n\r\n", 200, BodyRule::kNone, ""};
    case 4:
      return {PostText("/products/0/details", "{}"), 400, BodyRule::kByContentLength, ""};
    default:
      return {GetText("/products/1"), 200, BodyRule::kByContentLength, kSample + "\n"};
  }
}

TEST_F(Pipeline, OfOneToTwoHundredMixedRequestsIsAnsweredInOrder) {
  for (int length = 1; length <= 200; ++length) {
    RawConnection client = Connect();
    std::string requests;
    for (int i = 0; i < length; ++i) requests += StepAt(i).request;
    client.Send(requests);
    for (int i = 0; i < length; ++i) {
      const Step step = StepAt(i);
      const HttpResponse response = client.ReadResponse(step.rule);
      ASSERT_EQ(response.status, step.status) << "request " << i << " of " << length;
      if (!step.body.empty()) {
        ASSERT_EQ(response.body, step.body) << "request " << i << " of " << length;
      }
    }
    EXPECT_TRUE(client.unread().empty());
  }
}

TEST_F(Pipeline, ThatEndsMalformedIsAnsweredUpToThereAndOnce) {
  RawConnection client = Connect();
  client.Send(GetText("/products/1") + PostText("/products/2/details", ProductText(2, 1)) +
              "GET / HTTP/1.1\r\nHost : x\r\n\r\n" + GetText("/products/1"));
  EXPECT_EQ(client.ReadResponse().status, 200);
  EXPECT_EQ(client.ReadResponse().status, 204);
  EXPECT_EQ(client.ReadResponse().status, 400);
  EXPECT_TRUE(client.EndsCleanly());
}

TEST_F(Pipeline, BehindCloseIsNotAnswered) {
  RawConnection client = Connect();
  client.Send("GET /products/1 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n" +
              GetText("/products/1"));
  EXPECT_EQ(client.ReadResponse().status, 200);
  EXPECT_TRUE(client.EndsCleanly());
}

TEST_F(Pipeline, LongerThanTheOutBufferIsAnsweredCompletelyOnceTheClientReads) {
  RawConnection client(address(), 4096);
  const int count = 20'000;
  const std::string request = GetText("/products/1");
  // Sent in pieces between reads, for the server stops reading when its answers are not taken.
  int sent = 0;
  for (int answered = 0; answered < count;) {
    for (; sent < count && sent < answered + 500; ++sent) client.Send(request);
    for (int i = 0; i < 400 && answered < sent; ++i, ++answered) {
      ASSERT_EQ(client.ReadResponse().body, kSample + "\n") << answered;
    }
  }
}

class SmallOutBuffer : public ProductdTest {
 protected:
  SmallOutBuffer() : ProductdTest({"--http-max-unsent-bytes", "4096"}) {}
};

TEST_F(SmallOutBuffer, IsFilledAndSentAgainUntilAllIsAnswered) {
  // 80 KiB of answers to one segment, of clients that take all at once and of such that do not;
  // with the first they wait behind a write.
  for (const int receive_buffer : {0, 4096}) {
    for (const bool behind_a_write : {false, true}) {
      RawConnection client(address(), receive_buffer);
      const int count = 300;
      std::string requests;
      if (behind_a_write) requests = PostText("/products/2/details", ProductText(2, 1));
      for (int i = 0; i < count; ++i) requests += GetText("/products/1");
      client.Send(requests);
      if (behind_a_write) {
        ASSERT_EQ(client.ReadResponse().status, 204);
      }
      for (int i = 0; i < count; ++i) {
        ASSERT_EQ(client.ReadResponse().body, kSample + "\n") << i;
      }
    }
  }
}

}  // namespace
}  // namespace products::test
