#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/api_client.h"
#include "cli/product_generator.h"
#include "cli/rate_limiter.h"
#include "cli/splitmix.h"
#include "core/product/product.h"

namespace products::cli {

struct SeedPlan {
  std::uint64_t count = 0;  ///< first_id + count - 1 fits a ProductId
  ProductId first_id = 1;
  std::size_t concurrency = 1;
  double per_second = 0.0;  ///< 0: no limit
  std::uint32_t seed = 0;
  /// Spreads the retries of clients that failed together; need not be the same twice.
  std::uint64_t jitter_seed = 0;
};

struct SeedTally {
  std::uint64_t stored = 0;
  std::uint64_t refused = 0;  ///< by a 4xx: trying again cannot help
  std::uint64_t failed = 0;   ///< still failing after kMaxAttempts, or not answered as a put is
  /// The first few refusals and failures, "product 7: ...".
  std::vector<std::string> first_reasons;
  /// Why it ended early; absent when every product has had its turn.
  std::optional<Error> stopped_by;

  std::uint64_t done() const { return stored + refused + failed; }
};

/// Puts `count` products of the sample catalogue, each by a request of its own: the state machine
/// between ProductGenerator and ApiClient::ExchangeMany, which it sees only through ExchangeSource.
/// One thread; time is handed in.
///
/// A refused product is counted and left. Lost connections, timeouts, 429 and 5xx are tried again
/// up to kMaxAttempts times, with growing jittered pauses, about seven seconds in all, or the
/// server's Retry-After; that is safe, for a put of the same product twice is a put. It stops early
/// when the very first requests find no server or get no answer in time, when a product has run out
/// of attempts without an answer, or when kMaxFailuresInARow products have failed with none stored
/// between: then it is another kind of server, or one that is broken.
class Seeder final : public ExchangeSource {
 public:
  static constexpr int kMaxAttempts = 8;
  static constexpr int kMaxFailuresInARow = 20;
  static constexpr std::size_t kMaxReasons = 5;

  /// `on_round` is called after each round of requests with what has been done so far. `client` is
  /// asked for nothing but to word its errors; both must outlive the seeder.
  Seeder(const SeedPlan& plan, const ApiClient& client,
         std::function<void(const SeedTally&, MonotonicTime)> on_round);

  Step Next(std::size_t slot, MonotonicTime now, Request& request) override;
  void Answered(std::size_t slot, MonotonicTime now, const Request& request,
                const Answer& answer) override;
  void Failed(std::size_t slot, MonotonicTime now, const Error& error) override;
  bool Continue(MonotonicTime now) override;

  const SeedTally& tally() const { return tally_; }
  /// The smallest id that has not been stored, refused or given up: where to go on.
  ProductId first_unfinished_id() const;

 private:
  struct Slot {
    Product product;
    int attempts = 0;  // at the current product; 0 when the slot has none
    MonotonicTime retry_at{};
  };

  void Retry(Slot& slot, MonotonicTime now, const Error& error,
             std::optional<std::chrono::seconds> asked_pause);
  void GiveUp(Slot& slot, std::uint64_t& counter, const Error& error);

  const SeedPlan plan_;
  const ApiClient& client_;
  const std::function<void(const SeedTally&, MonotonicTime)> on_round_;
  const ProductGenerator generator_;
  RateLimiter limiter_;
  SplitMix64 jitter_;
  std::uint64_t next_offset_ = 0;
  std::vector<Slot> slots_;
  SeedTally tally_;
  bool was_ever_answered_ = false;
  int failures_in_a_row_ = 0;
};

}  // namespace products::cli
