#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cli/api_client.h"
#include "cli/body_stream.h"
#include "cli/product_feed.h"
#include "cli/send_tally.h"
#include "cli/splitmix.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace products::cli {

/// Whether the server has POST /products/batch: one that has not answers 404, 405 or 501.
/// kUnavailable when `wake_descriptor` (-1: none) became readable first.
Result<bool> HasBatch(ApiClient& client, int wake_descriptor);

struct BatchPlan {
  /// Of one request: what is to be sent again when it fails. Its answer comes when all is stored.
  std::size_t max_lines = 50'000;
  std::size_t max_bytes = std::size_t{8} * 1024 * 1024;
  std::uint64_t jitter_seed = 0;
};

/// Sends the products of a feed through POST /products/batch, request after request, in the feed's
/// order; while the server takes one part of a request the next is made. What retry_pause.h says is
/// tried again, a request as a whole. Memory: one request. It stops early when the first request
/// finds no server or gets no answer in time, and when a request fails for good. One thread.
class BatchSender {
 public:
  /// `wake_descriptor` ends it when readable; -1 for none. All must outlive the sender.
  BatchSender(const BatchPlan& plan, ApiClient& client, ProductFeed& feed, SendObserver& observer,
              const Clock& clock, int wake_descriptor);
  ~BatchSender();

  void Run();

  const SendTally& tally() const { return tally_; }
  /// The first position that is not known to be stored or refused: where to go on.
  std::uint64_t first_unfinished() const { return first_unfinished_; }

 private:
  class Body;
  class Watch;

  // Whether there is more to send.
  bool SendOne();
  Status Post(std::optional<std::chrono::seconds>& retry_after);
  Status TakeAnswer(const Answer& answer);
  // False when it was woken.
  bool Wait(std::chrono::milliseconds pause) const;

  const BatchPlan plan_;
  ApiClient& client_;
  ProductFeed& feed_;
  SendObserver& observer_;
  const Clock& clock_;
  const int wake_descriptor_;
  SplitMix64 jitter_;
  const std::unique_ptr<Body> body_;
  SendTally tally_;
  bool was_ever_answered_ = false;
  std::uint64_t first_unfinished_;
};

}  // namespace products::cli
