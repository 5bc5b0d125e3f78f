#include "cli/interruptible_exchange.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace products::cli {
namespace {

class OneExchange final : public ExchangeSource {
 public:
  explicit OneExchange(const Request& request) : request_(request) {}

  Step Next(std::size_t, MonotonicTime, Request& request) override {
    if (is_sent_) return {Action::kFinished, {}};
    is_sent_ = true;
    request = request_;
    return {Action::kSend, {}};
  }
  void Answered(std::size_t, MonotonicTime, const Request&, const Answer& answer) override {
    outcome_ = answer;
  }
  void Failed(std::size_t, MonotonicTime, const Error& error) override { outcome_ = error; }
  bool Continue(MonotonicTime) override { return true; }

  std::optional<Result<Answer>> outcome() const { return outcome_; }

 private:
  const Request& request_;
  bool is_sent_ = false;
  std::optional<Result<Answer>> outcome_;
};

}  // namespace

std::optional<Result<Answer>> ExchangeUnlessWoken(ApiClient& client, const Request& request,
                                                  int wake_descriptor) {
  OneExchange exchange(request);
  client.ExchangeMany(exchange, 1, wake_descriptor);
  return exchange.outcome();
}

bool IsWokenWithin(int descriptor, MonotonicTime::duration duration) {
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(duration);
  pollfd ready{descriptor, POLLIN, 0};
  return ::poll(&ready, 1, static_cast<int>(std::max(wait.count(), std::int64_t{0}))) > 0;
}

}  // namespace products::cli
