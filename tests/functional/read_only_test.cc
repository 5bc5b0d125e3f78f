// http.read_only of a running server, over sockets.

#include <memory>

#include "tests/functional/productd_fixture.h"

namespace products::test {
namespace {

const std::string kForbidden =
    "{\"error\":\"FORBIDDEN\",\"message\":\"this server is read-only\"}\n";
const std::string kDelete = "DELETE /products/1 HTTP/1.1\r\nHost: test\r\n\r\n";

class ReadOnly : public ::testing::Test {
 protected:
  ReadOnly() {
    WriteFile(file_, "http: {read_only: true}\n");
    server_ = std::make_unique<ServerProcess>(
        PRODUCTD_BINARY, ServerProcess::ProductdArguments({"--config", file_}));
  }
  const std::string& address() const { return server_->address(); }

  const TempDir directory_;
  const std::string file_ = directory_.File("c.yaml");
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(ReadOnly, RefusesWritesAndServesReads) {
  const HttpResponse put = Exchange(address(), PostText("/products/1/details", kSample));
  EXPECT_EQ(put.status, 403);
  EXPECT_EQ(put.body, kForbidden);
  EXPECT_EQ(put.Header("Connection"), "close");
  RawConnection client(address());
  for (int i = 0; i < 2; ++i) {
    client.Send(kDelete);
    const HttpResponse deleted = client.ReadResponse();
    EXPECT_EQ(deleted.status, 403);
    EXPECT_EQ(deleted.body, kForbidden);
    EXPECT_FALSE(deleted.HasHeader("Connection"));
  }
  EXPECT_EQ(Get(address(), "/products/1").status, 404);
  EXPECT_EQ(Get(address(), "/readyz").status, 200);
  EXPECT_EQ(ReadMetric(address(), R"(productd_requests_refused_total{reason="read_only"})"), 3);
}

TEST_F(ReadOnly, TheAnswerIsReadableWhileTheClientStillSends) {
  RawConnection client(address());
  const std::size_t size = 8 * 1024 * 1024;
  client.Send("POST /products/1/details HTTP/1.1\r\nHost: test\r\nContent-Length: " +
              std::to_string(size) + "\r\n\r\n");
  (void)client.TrySend(std::string(size / 2, 'x'));
  EXPECT_EQ(client.ReadResponse().body, kForbidden);
}

TEST_F(ReadOnly, WhoAsksBeforeHeSendsIsToldAtOnce) {
  RawConnection client(address());
  client.Send(
      "POST /products/1/details HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().status, 403);
  EXPECT_TRUE(client.EndsCleanly());
}

TEST_F(ReadOnly, IsTakenOverBySighup) {
  const auto status = [this] {
    return Exchange(address(), "DELETE /products/999 HTTP/1.1\r\nHost: test\r\n\r\n").status;
  };
  const auto becomes = [&](int wanted) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    // Each worker takes it over for itself; connections go to them in turn.
    int in_a_row = 0;
    while (in_a_row < 4 && std::chrono::steady_clock::now() < deadline) {
      in_a_row = status() == wanted ? in_a_row + 1 : 0;
    }
    return in_a_row == 4;
  };
  EXPECT_EQ(status(), 403);
  WriteFile(file_, "http: {read_only: false}\n");
  server_->Signal(SIGHUP);
  EXPECT_TRUE(becomes(404));
  EXPECT_EQ(Exchange(address(), PostText("/products/1/details", kSample)).status, 204);
  WriteFile(file_, "http: {read_only: true}\n");
  server_->Signal(SIGHUP);
  EXPECT_TRUE(becomes(403));
  EXPECT_EQ(Get(address(), "/products/1").status, 200);
}

}  // namespace
}  // namespace products::test
