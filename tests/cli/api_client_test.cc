#include "cli/api_client.h"

#include <gtest/gtest.h>
#include <netdb.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>

#include "core/base/clock.h"

namespace products::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A real one gives up too, later than any of these tests lasts.
constexpr seconds kResolversPatience{5};

}  // namespace
}  // namespace products::cli

// A resolver that nobody answers, in place of the C library's; addresses do not come here.
extern "C" int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
  std::this_thread::sleep_for(products::cli::kResolversPatience);
  return EAI_AGAIN;
}

namespace products::cli {
namespace {

class SilentResolverTest : public testing::Test {
 protected:
  std::unique_ptr<ApiClient> Open(milliseconds timeout) {
    return std::move(ApiClient::Open({.endpoint = "http://name", .timeout = timeout}, clock_))
        .value();
  }

  SystemClock clock_;
  const MonotonicTime start_ = clock_.Now();
};

// One request, and an end as soon as it is under way.
class OneRequest final : public ExchangeSource {
 public:
  explicit OneRequest(int wake_descriptor) : wake_descriptor_(wake_descriptor) {}

  Step Next(std::size_t, MonotonicTime, Request& request) override {
    request = {Method::kGet, "/", {}};
    return {Action::kSend, {}};
  }
  void Answered(std::size_t, MonotonicTime, const Request&, const Answer&) override {}
  void Failed(std::size_t, MonotonicTime, const Error&) override {}
  bool Continue(MonotonicTime) override {
    eventfd_write(wake_descriptor_, 1);
    return true;
  }

 private:
  const int wake_descriptor_;
};

TEST_F(SilentResolverTest, DoesNotOutlastTheTimeout) {
  const Result<Answer> answer = Open(milliseconds(50))->Exchange({Method::kGet, "/", {}});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kTimeout) << answer.error().message;
  EXPECT_LT(clock_.Now() - start_, kResolversPatience);
}

TEST_F(SilentResolverTest, DoesNotKeepAnExchangeFromBeingInterrupted) {
  const int wake_descriptor = eventfd(0, EFD_CLOEXEC);
  OneRequest source(wake_descriptor);
  Open(seconds(60))->ExchangeMany(source, 1, wake_descriptor);
  EXPECT_LT(clock_.Now() - start_, kResolversPatience);
  close(wake_descriptor);
}

}  // namespace
}  // namespace products::cli
