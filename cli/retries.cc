#include "cli/retries.h"

#include <algorithm>

namespace products::cli {
namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{2'000};

}  // namespace

void Retries::CountRequest() { budget_ = std::min(budget_ + 1, kFullBudget); }

std::optional<std::chrono::milliseconds> Retries::TakePause(
    int attempts, std::optional<std::chrono::seconds> asked_pause,
    std::chrono::milliseconds time_left) {
  if (attempts > most_ || budget_ < kCostOfOne) return std::nullopt;
  // Beyond the fifth doubling the longest pause holds anyway.
  const auto nominal = std::min(kFirstPause * (1 << std::min(attempts - 1, 5)), kLongestPause);
  const auto half = static_cast<std::uint32_t>(nominal.count() / 2);
  std::chrono::milliseconds pause(half + jitter_.Below(half + 1));
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
