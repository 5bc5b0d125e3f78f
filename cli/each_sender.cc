#include "cli/each_sender.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/operations.h"
#include "cli/retry_pause.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

// How often a product looks whether the one before it with its id is done.
constexpr std::chrono::milliseconds kTurn{1};

}  // namespace

EachSender::EachSender(const EachPlan& plan, const ApiClient& client, ProductFeed& feed,
                       SendObserver& observer)
    : client_(client),
      feed_(feed),
      observer_(observer),
      limiter_(plan.per_second),
      jitter_(plan.jitter_seed),
      slots_(plan.concurrency) {}

ExchangeSource::Step EachSender::Next(std::size_t slot_number, MonotonicTime now,
                                      Request& request) {
  Slot& slot = slots_[slot_number];
  if (!slot.has_product) {
    if (feed_has_ended_ || !feed_.Next(slot.product)) {
      feed_has_ended_ = true;
      return {Action::kFinished, {}};
    }
    slot.has_product = true;
    slot.position = feed_.position();
    slot.attempts = 0;
    slot.retry_at = now;
    SetPutRequest(slot.product, request);
  }
  if (now < slot.retry_at) return {Action::kWait, slot.retry_at};
  if (MustWaitForEarlier(slot)) return {Action::kWait, now + kTurn};
  if (const auto until = limiter_.Take(now)) return {Action::kWait, *until};
  ++slot.attempts;
  return {Action::kSend, {}};
}

void EachSender::Answered(std::size_t slot_number, MonotonicTime now, const Request& request,
                          const Answer& answer) {
  Slot& slot = slots_[slot_number];
  was_ever_answered_ = true;
  const Status status = ReadPutAnswer(client_, request, answer);
  if (status.ok()) {
    ++tally_.stored;
    failures_in_a_row_ = 0;
    slot.has_product = false;
  } else if (IsWorthRetrying(status.error().code)) {
    Retry(slot, now, status.error(), answer.retry_after);
  } else {
    const bool is_contract = status.error().code != ErrorCode::kCorrupt;
    GiveUp(slot, is_contract ? tally_.refused : tally_.failed, status.error());
  }
}

void EachSender::Failed(std::size_t slot_number, MonotonicTime now, const Error& error) {
  Slot& slot = slots_[slot_number];
  if (!was_ever_answered_ && IsUnreachable(error.code)) {
    if (!tally_.stopped_by) tally_.stopped_by = error;
    return;
  }
  if (IsWorthRetrying(error.code)) {
    Retry(slot, now, error, std::nullopt);
  } else {
    GiveUp(slot, tally_.failed, error);
  }
}

bool EachSender::MustWaitForEarlier(const Slot& slot) const {
  return std::any_of(slots_.begin(), slots_.end(), [&slot](const Slot& other) {
    return other.has_product && other.position < slot.position &&
           other.product.product_id == slot.product.product_id;
  });
}

void EachSender::Retry(Slot& slot, MonotonicTime now, const Error& error,
                       std::optional<std::chrono::seconds> asked_pause) {
  if (slot.attempts < kMaxAttempts) {
    slot.retry_at = now + PauseAfter(slot.attempts, jitter_, asked_pause);
  } else if (IsUnreachable(error.code)) {
    // The product stays unfinished: whoever goes on begins with it once the server is back.
    if (!tally_.stopped_by) tally_.stopped_by = error;
  } else {
    GiveUp(slot, tally_.failed, error);
  }
}

void EachSender::GiveUp(Slot& slot, std::uint64_t& counter, const Error& error) {
  ++counter;
  slot.has_product = false;
  std::string json = RenderProduct(slot.product);
  json.pop_back();
  observer_.NotStored(slot.position, json, error.message);
  if (&counter == &tally_.failed && ++failures_in_a_row_ == kMaxFailuresInARow &&
      !tally_.stopped_by) {
    tally_.stopped_by = error;
  }
}

bool EachSender::Continue(MonotonicTime now) {
  observer_.Tick(tally_, now);
  return observer_.Settled(first_unfinished()) && !tally_.stopped_by;
}

std::uint64_t EachSender::first_unfinished() const {
  std::uint64_t first = feed_.next_position();
  for (const Slot& slot : slots_) {
    if (slot.has_product) first = std::min(first, slot.position);
  }
  return first;
}

}  // namespace products::cli
