#pragma once

#include <chrono>
#include <optional>

#include "cli/splitmix.h"
#include "core/base/error.h"

namespace products::cli {

/// How a transfer of many products bridges a server's restart. A put of the same product twice is a
/// put, so that lost connections, timeouts, 429 and 5xx may be tried again: up to kMaxAttempts
/// times, about seven seconds in all, or as the server's Retry-After asks. Single requests have
/// Retries (retries.h), within their timeout; a transfer has none for the whole.
inline constexpr int kMaxAttempts = 8;

bool IsWorthRetrying(ErrorCode code);
/// No connection, or no answer in time.
bool IsUnreachable(ErrorCode code);

/// Before the attempt behind `attempts` (at least 1) failed ones: half to the whole of a pause that
/// doubles from 100 ms to 2 s, so that clients that failed together do not return together.
std::chrono::milliseconds PauseAfter(int attempts, SplitMix64& jitter);
/// That, or up to ten seconds when the server asks for a longer one.
std::chrono::milliseconds PauseAfter(int attempts, SplitMix64& jitter,
                                     std::optional<std::chrono::seconds> asked);

}  // namespace products::cli
