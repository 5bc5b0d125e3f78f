#include "cli/retry_pause.h"

#include <algorithm>
#include <cstdint>

namespace products::cli {
namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{2'000};
// A server that asks for more is better left to whoever runs it.
constexpr std::chrono::milliseconds kLongestAskedPause{10'000};

}  // namespace

bool IsWorthRetrying(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout ||
         code == ErrorCode::kOverloaded || code == ErrorCode::kInternal;
}

bool IsUnreachable(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout;
}

std::chrono::milliseconds PauseAfter(int attempts, SplitMix64& jitter,
                                     std::optional<std::chrono::seconds> asked) {
  const auto nominal = std::min(kFirstPause * (1 << (attempts - 1)), kLongestPause);
  const auto half = static_cast<std::uint32_t>(nominal.count() / 2);
  const std::chrono::milliseconds pause(half + jitter.Below(half + 1));
  if (!asked) return pause;
  return std::max(pause, std::min<std::chrono::milliseconds>(*asked, kLongestAskedPause));
}

}  // namespace products::cli
