#include "cli/send.h"

#include <ostream>

#include "cli/batch_sender.h"
#include "cli/each_sender.h"

namespace products::cli {

std::optional<SendMode> ParseSendMode(const std::string& name) {
  if (name == "auto") return SendMode::kAuto;
  if (name == "batch") return SendMode::kBatch;
  if (name == "each") return SendMode::kEach;
  return std::nullopt;
}

Result<SendMode> ChooseSendMode(const SendPlan& plan, ApiClient& client, std::ostream& err,
                                int wake_descriptor) {
  if (plan.mode == SendMode::kEach || plan.per_second > 0.0) return SendMode::kEach;
  const Result<bool> has_batch = HasBatch(client, wake_descriptor);
  if (!has_batch.ok()) return has_batch.error();
  if (*has_batch) return SendMode::kBatch;
  const std::string request = client.Describe({Method::kPost, "/products/batch", {}});
  if (plan.mode == SendMode::kBatch) {
    return Error{
        ErrorCode::kCorrupt, request + ": the server does not have it; --mode each does", {}};
  }
  err << request << ": the server does not have it; going on with --mode each\n";
  return SendMode::kEach;
}

SendOutcome Send(const SendPlan& plan, SendMode mode, ApiClient& client, ProductFeed& feed,
                 SendObserver& observer, const Clock& clock, int wake_descriptor) {
  const auto jitter_seed = static_cast<std::uint64_t>(clock.Now().time_since_epoch().count());
  if (mode == SendMode::kBatch) {
    BatchPlan batch_plan;
    batch_plan.jitter_seed = jitter_seed;
    BatchSender sender(batch_plan, client, feed, observer, clock, wake_descriptor);
    sender.Run();
    return {sender.tally(), sender.first_unfinished()};
  }
  EachSender sender({plan.concurrency, plan.per_second, jitter_seed}, client, feed, observer);
  client.ExchangeMany(sender, plan.concurrency, wake_descriptor);
  return {sender.tally(), sender.first_unfinished()};
}

}  // namespace products::cli
