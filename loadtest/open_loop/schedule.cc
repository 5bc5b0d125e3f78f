#include "loadtest/open_loop/schedule.h"

namespace products::open_loop {

Schedule::Schedule(const ScheduleOptions& options)
    : options_(options),
      random_(options.seed),
      gap_(options.per_second),
      is_post_(options.post_share),
      product_id_(1, options.products) {}

Arrival Schedule::Next() {
  ++count_;
  if (options_.arrivals == Arrivals::kPoisson) {
    seconds_ += gap_(random_);
  } else {
    // By division, so that no error adds up.
    seconds_ = static_cast<double>(count_) / options_.per_second;
  }
  const std::chrono::duration<double> due(seconds_);
  const RequestKind kind = is_post_(random_) ? RequestKind::kPost : RequestKind::kGet;
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(due), kind, product_id_(random_)};
}

}  // namespace products::open_loop
