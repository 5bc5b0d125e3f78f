#include "cli/retries.h"

#include <algorithm>

#include "cli/retry_pause.h"

namespace products::cli {

void Retries::CountRequest() { budget_ = std::min(budget_ + 1, kFullBudget); }

std::optional<std::chrono::milliseconds> Retries::TakePause(
    int attempts, std::optional<std::chrono::seconds> asked_pause,
    std::chrono::milliseconds time_left) {
  if (attempts > most_ || budget_ < kCostOfOne) return std::nullopt;
  std::chrono::milliseconds pause = PauseAfter(attempts, jitter_);
  if (asked_pause) {
    // Compared as seconds: what a server sends may not fit a duration of milliseconds.
    if (*asked_pause > std::chrono::ceil<std::chrono::seconds>(time_left)) return std::nullopt;
    pause = std::max<std::chrono::milliseconds>(pause, *asked_pause);
  }
  if (pause >= time_left) return std::nullopt;
  budget_ -= kCostOfOne;
  return pause;
}

}  // namespace products::cli
