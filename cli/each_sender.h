#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "cli/api_client.h"
#include "cli/product_feed.h"
#include "cli/rate_limiter.h"
#include "cli/send_tally.h"
#include "cli/splitmix.h"
#include "core/product/product.h"

namespace products::cli {

struct EachPlan {
  std::size_t concurrency = 1;
  double per_second = 0.0;  ///< 0: no limit
  /// Spreads the retries of clients that failed together; need not be the same twice.
  std::uint64_t jitter_seed = 0;
};

/// Puts the products of a feed, each by a request of its own: the state machine between ProductFeed
/// and ApiClient::ExchangeMany, which it sees only through ExchangeSource. One thread; time is
/// handed in.
///
/// Of several products with one id the last one stays: each is sent once the one before is done. A
/// refused product is counted and left. What retry_pause.h says is tried again. It stops early
/// when the very first requests find no server or get no answer in time, when a product has run out
/// of attempts without an answer, or when kMaxFailuresInARow products have failed with none stored
/// between: then it is another kind of server, or one that is broken.
class EachSender final : public ExchangeSource {
 public:
  static constexpr int kMaxFailuresInARow = 20;

  /// `client` is asked for nothing but to word its errors; all must outlive the sender.
  EachSender(const EachPlan& plan, const ApiClient& client, ProductFeed& feed,
             SendObserver& observer);

  Step Next(std::size_t slot, MonotonicTime now, Request& request) override;
  void Answered(std::size_t slot, MonotonicTime now, const Request& request,
                const Answer& answer) override;
  void Failed(std::size_t slot, MonotonicTime now, const Error& error) override;
  bool Continue(MonotonicTime now) override;

  const SendTally& tally() const { return tally_; }
  /// The first position that has not been stored, refused or given up: where to go on.
  std::uint64_t first_unfinished() const;

 private:
  struct Slot {
    Product product;
    std::uint64_t position = 0;
    bool has_product = false;  // one whose turn is not over
    int attempts = 0;          // at it
    MonotonicTime retry_at{};
  };

  // Whether an earlier line's put of the same product is not over, retries included.
  bool MustWaitForEarlier(const Slot& slot) const;
  void Retry(Slot& slot, MonotonicTime now, const Error& error,
             std::optional<std::chrono::seconds> asked_pause);
  void GiveUp(Slot& slot, std::uint64_t& counter, const Error& error);

  const ApiClient& client_;
  ProductFeed& feed_;
  SendObserver& observer_;
  RateLimiter limiter_;
  SplitMix64 jitter_;
  std::vector<Slot> slots_;
  SendTally tally_;
  bool feed_has_ended_ = false;
  bool was_ever_answered_ = false;
  int failures_in_a_row_ = 0;
};

}  // namespace products::cli
