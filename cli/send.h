#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "cli/api_client.h"
#include "cli/product_feed.h"
#include "cli/send_tally.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace products::cli {

/// How products go to the server: many by a request, or each by one of its own.
enum class SendMode {
  kAuto,   ///< batch where the server has it
  kBatch,  ///< POST /products/batch
  kEach,   ///< POST /products/{productId}/details
};

/// "auto", "batch", "each"; absent for anything else.
std::optional<SendMode> ParseSendMode(const std::string& name);

struct SendPlan {
  SendMode mode = SendMode::kAuto;
  std::size_t concurrency = 8;  ///< connections of kEach
  double per_second = 0.0;      ///< of kEach, which it implies; 0: no limit
};

struct SendOutcome {
  SendTally tally;
  std::uint64_t first_unfinished = 0;  ///< a position of the feed
};

/// kBatch or kEach, as `plan` says or as the server has it, which is asked with an empty batch;
/// that it has none is said on `err`. kCorrupt when it has none but must; kUnavailable when
/// `wake_descriptor` (-1: none) became readable first.
Result<SendMode> ChooseSendMode(const SendPlan& plan, ApiClient& client, std::ostream& err,
                                int wake_descriptor);

/// Sends all of `feed` by `mode`, kBatch or kEach, until `wake_descriptor` is readable.
SendOutcome Send(const SendPlan& plan, SendMode mode, ApiClient& client, ProductFeed& feed,
                 SendObserver& observer, const Clock& clock, int wake_descriptor);

}  // namespace products::cli
