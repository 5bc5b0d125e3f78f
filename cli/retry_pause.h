#pragma once

#include <chrono>
#include <optional>

#include "cli/splitmix.h"
#include "core/base/error.h"

namespace products::cli {

/// When to try a request again that failed. A put of the same product twice is a put, so that lost
/// connections, timeouts, 429 and 5xx may be tried again: up to kMaxAttempts times, about seven
/// seconds in all, or as the server's Retry-After asks.
inline constexpr int kMaxAttempts = 8;

bool IsWorthRetrying(ErrorCode code);
/// No connection, or no answer in time.
bool IsUnreachable(ErrorCode code);

/// Before the attempt behind `attempts` failed ones: half to the whole of a pause that doubles each
/// time, so that clients that failed together do not return together.
std::chrono::milliseconds PauseAfter(int attempts, SplitMix64& jitter,
                                     std::optional<std::chrono::seconds> asked);

}  // namespace products::cli
