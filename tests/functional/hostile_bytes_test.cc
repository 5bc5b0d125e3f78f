// Whatever bytes come: no crash, no hang, no leak, no spinning worker.

#include <chrono>
#include <random>

#include "tests/functional/productd_fixture.h"

namespace products::test {
namespace {

using HostileBytes = ProductdTest;

std::string Mutated(std::mt19937_64& random, std::string request) {
  const auto below = [&random](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  for (std::size_t changes = 1 + below(4); changes > 0 && !request.empty(); --changes) {
    const std::size_t at = below(request.size());
    switch (below(5)) {
      case 0:
        request[at] = static_cast<char>(below(256));
        break;
      case 1:
        request.erase(at, 1 + below(8));
        break;
      case 2:
        request.insert(at, std::string(1 + below(8), static_cast<char>(below(256))));
        break;
      case 3:
        request.insert(at, request.substr(at, 1 + below(40)));
        break;
      default:
        request.resize(at);
    }
  }
  return request;
}

TEST_F(HostileBytes, LeaveTheServerAnsweringWithNothingLeakedAndNothingSpinning) {
  const std::vector<std::string> seeds = {
      GetText("/products/1"), PostText("/products/4/details", kSample),
      "POST /products/4/details HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;a=b\r\n{\"sku\r\n0\r\nA: b\r\n\r\n",
      "GET /products/1 HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n\r\n"};
  std::mt19937_64 random(20261124);
  for (int round = 0; round < 6'000; ++round) {
    RawConnection client = Connect();
    const std::string& seed = seeds[static_cast<std::size_t>(round) % seeds.size()];
    (void)client.TrySend(Mutated(random, seed) + Mutated(random, seed));
    client.HalfClose();
    // What comes back is any number of answers and the end; never silence.
    const std::string answers = client.ReadUntilEnd();
    ASSERT_TRUE(answers.empty() || answers.rfind("HTTP/1.1 ", 0) == 0) << answers;
    // No text of a library's exception.
    ASSERT_EQ(answers.find("std::"), std::string::npos) << answers;
  }
  EXPECT_EQ(Get(address(), "/products/999").status, 404);
  EXPECT_TRUE(MetricBecomes(address(), "productd_connections", 1));
  EXPECT_TRUE(MetricBecomes(address(), "http_requests_in_flight", 1));  // the scrape itself

  const std::chrono::milliseconds before = server_.CpuTime();
  RawConnection idle = Connect();
  EXPECT_TRUE(idle.StaysSilent(std::chrono::seconds(1)));
  EXPECT_LT(server_.CpuTime() - before, std::chrono::milliseconds(50));
  EXPECT_EQ(server_.Stop(), 0);
}

}  // namespace
}  // namespace products::test
