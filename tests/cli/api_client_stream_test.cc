#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cli/api_client.h"
#include "core/base/clock.h"
#include "tests/cli/scripted_server.h"

namespace products::cli {
namespace {

using std::chrono::milliseconds;

class Text final : public BodySource {
 public:
  explicit Text(std::string text) : text_(std::move(text)) {}
  std::size_t Read(char* buffer, std::size_t capacity) override {
    const std::size_t count = std::min(capacity, text_.size() - sent_);
    std::memcpy(buffer, text_.data() + sent_, count);
    sent_ += count;
    return count;
  }
  void Rewind() override { sent_ = 0; }

 private:
  const std::string text_;
  std::size_t sent_ = 0;
};

// Takes the bodies of 200s, up to a number of bytes.
class Collector final : public BodySink {
 public:
  explicit Collector(std::size_t limit) : limit_(limit) {}
  bool Wants(const Answer& head) override { return head.status == 200; }
  bool Write(std::string_view piece) override {
    text.append(piece);
    return text.size() < limit_;
  }

  std::string text;

 private:
  const std::size_t limit_;
};

class Watch final : public StreamWatch {
 public:
  explicit Watch(int wake_descriptor = -1) : wake_descriptor_(wake_descriptor) {}
  void Tick(MonotonicTime) override { ++ticks; }
  int wake_descriptor() const override { return wake_descriptor_; }

  int ticks = 0;

 private:
  const int wake_descriptor_;
};

class ApiClientStreamTest : public testing::Test {
 protected:
  std::unique_ptr<ApiClient> Open(const ScriptedServer& server, milliseconds timeout) {
    return std::move(ApiClient::Open({.endpoint = server.endpoint(), .timeout = timeout}, clock_))
        .value();
  }

  SystemClock clock_;
  Watch watch_;
};

TEST_F(ApiClientStreamTest, SendsALongBodyAndKeepsTheConnection) {
  const std::string body(3'000'000, 'x');
  std::string seen;
  ScriptedServer server([&seen](const std::string& request) {
    seen = request;
    return JsonReply(200, "{}");
  });
  const auto client = Open(server, milliseconds(10'000));
  for (int i = 0; i < 3; ++i) {
    Text source(body);
    const Result<Answer> answer = client->ExchangeStream(
        {.path = "/p", .accept = "a/b", .content_type = "c/d", .source = &source}, watch_);
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "{}");
    EXPECT_TRUE(seen.starts_with("POST /p HTTP/1.1\r\n"));
    EXPECT_NE(seen.find("\r\nAccept: a/b\r\n"), std::string::npos);
    EXPECT_NE(seen.find("\r\nContent-Type: c/d\r\n"), std::string::npos);
    EXPECT_TRUE(seen.ends_with("\r\n\r\n" + body));
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ApiClientStreamTest, GivesABodyToTheSinkOnlyIfItWantsIt) {
  const ScriptedServer server([](const std::string& request) {
    return JsonReply(request.starts_with("GET /a ") ? 200 : 404, "text");
  });
  const auto client = Open(server, milliseconds(10'000));
  Collector sink(1000);
  const Result<Answer> taken =
      client->ExchangeStream({.path = "/a", .accept = "*/*", .sink = &sink}, watch_);
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->body, "");
  EXPECT_EQ(sink.text, "text");
  const Result<Answer> left =
      client->ExchangeStream({.path = "/b", .accept = "*/*", .sink = &sink}, watch_);
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(left->status, 404);
  EXPECT_EQ(left->body, "text");
  EXPECT_EQ(sink.text, "text");
}

TEST_F(ApiClientStreamTest, EndsWhenTheSinkHasEnough) {
  const ScriptedServer server([](const std::string&) -> Reply {
    return {"HTTP/1.1 200 OK\r\n\r\nx", Reply::Then::kFlood};
  });
  Collector sink(1'000'000);
  const Result<Answer> answer =
      Open(server, milliseconds(10'000))->ExchangeStream({.path = "/", .sink = &sink}, watch_);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kInternal);
  EXPECT_LT(sink.text.size(), 2'000'000u);
}

TEST_F(ApiClientStreamTest, TakesAsLongAsItTakesWhileBytesCome) {
  const ScriptedServer server([](const std::string&) -> Reply {
    return {"HTTP/1.1 200 OK\r\n\r\nx", Reply::Then::kDrip};
  });
  // A byte each 20 ms: three times as long as the timeout.
  Collector sink(75);
  const Result<Answer> answer =
      Open(server, milliseconds(500))->ExchangeStream({.path = "/", .sink = &sink}, watch_);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kInternal) << answer.error().message;
  EXPECT_GT(watch_.ticks, 10);
}

TEST_F(ApiClientStreamTest, FailsWhenNothingComesAnyMore) {
  const ScriptedServer server([](const std::string&) -> Reply {
    return {"HTTP/1.1 200 OK\r\n\r\nx", Reply::Then::kHang};
  });
  Collector sink(100);
  const Result<Answer> answer =
      Open(server, milliseconds(100))->ExchangeStream({.path = "/p", .sink = &sink}, watch_);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(answer.error().message,
            "GET " + server.endpoint() + "/p: nothing was sent or received for 100 ms");
}

TEST_F(ApiClientStreamTest, EndsWhenItIsWoken) {
  const ScriptedServer server([](const std::string&) -> Reply {
    return {"HTTP/1.1 200 OK\r\n\r\nx", Reply::Then::kHang};
  });
  const int wake_descriptor = eventfd(1, EFD_CLOEXEC);
  Watch watch(wake_descriptor);
  const Result<Answer> answer =
      Open(server, milliseconds(60'000))->ExchangeStream({.path = "/"}, watch);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  close(wake_descriptor);
}

}  // namespace
}  // namespace products::cli
