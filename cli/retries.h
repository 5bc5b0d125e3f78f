#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "cli/splitmix.h"

namespace products::cli {

/// Decides when a request that failed for the moment is sent again. The pause doubles from 100 ms
/// to 2 s and is drawn between its half and its whole, so that clients that failed together do not
/// come back together; a server that asks for a longer one (Retry-After) gets it.
///
/// All requests of one client share a budget of ten repetitions, which every five requests refill
/// by one: a short outage is bridged, but a server in trouble never sees much more than it would
/// have. One thread; time is handed in.
class Retries {
 public:
  /// `most`: repetitions of one request; 0 never repeats.
  Retries(int most, std::uint64_t jitter_seed) : most_(most), jitter_(jitter_seed) {}

  /// Another request goes out for the first time.
  void CountRequest();

  /// How long to wait before the next attempt, when `attempts` (at least 1) have failed and
  /// `time_left` remains. Absent when it is not to be: the repetitions or the budget are used up,
  /// or the pause would leave no time for an answer. A pause that is returned has been paid for.
  std::optional<std::chrono::milliseconds> TakePause(
      int attempts, std::optional<std::chrono::seconds> asked_pause,
      std::chrono::milliseconds time_left);

 private:
  // In fifths of a repetition.
  static constexpr int kCostOfOne = 5;
  static constexpr int kFullBudget = 10 * kCostOfOne;

  const int most_;
  int budget_ = kFullBudget;
  SplitMix64 jitter_;
};

}  // namespace products::cli
