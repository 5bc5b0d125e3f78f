#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "cli/api_client.h"

namespace products::cli {

/// A known number of requests that do not depend on each other, for ApiClient::ExchangeMany: each
/// slot takes the next one when its last has ended. Answers come in any order. One thread.
class RequestSeries final : public ExchangeSource {
 public:
  struct Callbacks {
    /// Fills in request `index`; what it held before is another's.
    std::function<void(std::size_t index, Request& request)> fill;
    std::function<void(std::size_t index, const Request& request, const Answer& answer)> answered;
    std::function<void(std::size_t index, const Error& error)> failed;
    /// After each round; false ends the series with what is in flight.
    std::function<bool(MonotonicTime now)> go_on;
  };

  RequestSeries(std::size_t count, std::size_t slots, Callbacks callbacks)
      : count_(count), callbacks_(std::move(callbacks)), index_of_slot_(slots) {}

  Step Next(std::size_t slot, MonotonicTime now, Request& request) override;
  void Answered(std::size_t slot, MonotonicTime now, const Request& request,
                const Answer& answer) override;
  void Failed(std::size_t slot, MonotonicTime now, const Error& error) override;
  bool Continue(MonotonicTime now) override;

 private:
  const std::size_t count_;
  const Callbacks callbacks_;
  std::size_t next_ = 0;
  std::vector<std::size_t> index_of_slot_;
};

}  // namespace products::cli
