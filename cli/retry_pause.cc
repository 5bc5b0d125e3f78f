#include "cli/retry_pause.h"

#include <algorithm>
#include <cstdint>

namespace products::cli {
namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{2'000};
// A server that asks for more is better left to whoever runs it.
constexpr std::chrono::seconds kLongestAskedPause{10};

}  // namespace

bool IsWorthRetrying(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout ||
         code == ErrorCode::kOverloaded || code == ErrorCode::kInternal;
}

bool IsUnreachable(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout;
}

std::chrono::milliseconds PauseAfter(int attempts, SplitMix64& jitter) {
  // Beyond the fifth doubling the longest pause holds anyway.
  const auto nominal = std::min(kFirstPause * (1 << std::min(attempts - 1, 5)), kLongestPause);
  const auto half = static_cast<std::uint32_t>(nominal.count() / 2);
  return std::chrono::milliseconds(half + jitter.Below(half + 1));
}

std::chrono::milliseconds PauseAfter(int attempts, SplitMix64& jitter,
                                     std::optional<std::chrono::seconds> asked) {
  const std::chrono::milliseconds pause = PauseAfter(attempts, jitter);
  if (!asked) return pause;
  return std::max(pause, std::chrono::milliseconds(std::min(*asked, kLongestAskedPause)));
}

}  // namespace products::cli
