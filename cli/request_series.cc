#include "cli/request_series.h"

namespace products::cli {

ExchangeSource::Step RequestSeries::Next(std::size_t slot, MonotonicTime, Request& request) {
  if (next_ == count_) return {Action::kFinished, {}};
  index_of_slot_[slot] = next_++;
  callbacks_.fill(index_of_slot_[slot], request);
  return {Action::kSend, {}};
}

void RequestSeries::Answered(std::size_t slot, MonotonicTime, const Request& request,
                             const Answer& answer) {
  callbacks_.answered(index_of_slot_[slot], request, answer);
}

void RequestSeries::Failed(std::size_t slot, MonotonicTime, const Error& error) {
  callbacks_.failed(index_of_slot_[slot], error);
}

bool RequestSeries::Continue(MonotonicTime now) { return callbacks_.go_on(now); }

}  // namespace products::cli
