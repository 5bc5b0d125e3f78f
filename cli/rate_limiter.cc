#include "cli/rate_limiter.h"

#include <algorithm>
#include <chrono>

namespace products::cli {
namespace {

constexpr std::chrono::milliseconds kMaxBacklog{100};
// Thirty years: nobody waits for it, and the clock's nanoseconds still hold it.
constexpr double kLongestIntervalSeconds = 1e9;

MonotonicTime::duration IntervalOf(double per_second) {
  if (per_second <= 0.0) return MonotonicTime::duration::zero();
  return std::chrono::duration_cast<MonotonicTime::duration>(
      std::chrono::duration<double>(std::min(1.0 / per_second, kLongestIntervalSeconds)));
}

}  // namespace

RateLimiter::RateLimiter(double per_second) : interval_(IntervalOf(per_second)) {}

std::optional<MonotonicTime> RateLimiter::Take(MonotonicTime now) {
  if (interval_ == MonotonicTime::duration::zero()) return std::nullopt;
  if (next_ && now < *next_) return next_;
  next_ = std::max(next_.value_or(now), now - kMaxBacklog) + interval_;
  return std::nullopt;
}

}  // namespace products::cli
