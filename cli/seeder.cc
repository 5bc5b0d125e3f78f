#include "cli/seeder.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/operations.h"

namespace products::cli {
namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{2'000};
// A server that asks for more is better left to whoever runs it.
constexpr std::chrono::seconds kLongestAskedPause{10};

bool IsWorthRetrying(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout ||
         code == ErrorCode::kOverloaded || code == ErrorCode::kInternal;
}

bool IsUnreachable(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout;
}

// Half to the whole of the nominal pause, which doubles with each attempt.
std::chrono::milliseconds PauseAfter(int attempts, SplitMix64& jitter) {
  const auto nominal = std::min(kFirstPause * (1 << (attempts - 1)), kLongestPause);
  const auto half = static_cast<std::uint32_t>(nominal.count() / 2);
  return std::chrono::milliseconds(half + jitter.Below(half + 1));
}

}  // namespace

Seeder::Seeder(const SeedPlan& plan, const ApiClient& client,
               std::function<void(const SeedTally&, MonotonicTime)> on_round)
    : plan_(plan),
      client_(client),
      on_round_(std::move(on_round)),
      generator_(plan.seed),
      limiter_(plan.per_second),
      jitter_(plan.jitter_seed),
      slots_(plan.concurrency) {}

ExchangeSource::Step Seeder::Next(std::size_t slot_number, MonotonicTime now, Request& request) {
  Slot& slot = slots_[slot_number];
  const bool is_retry = slot.attempts > 0;
  if (!is_retry && next_offset_ == plan_.count) return {Action::kFinished, {}};
  if (is_retry && now < slot.retry_at) return {Action::kWait, slot.retry_at};
  if (const auto until = limiter_.Take(now)) return {Action::kWait, *until};
  if (!is_retry) {
    const auto id =
        static_cast<ProductId>(plan_.first_id + static_cast<std::int64_t>(next_offset_));
    ++next_offset_;
    generator_.Generate(id, slot.product);
    SetPutRequest(slot.product, request);
  }
  ++slot.attempts;
  return {Action::kSend, {}};
}

void Seeder::Answered(std::size_t slot_number, MonotonicTime now, const Request& request,
                      const Answer& answer) {
  Slot& slot = slots_[slot_number];
  was_ever_answered_ = true;
  const Status status = ReadPutAnswer(client_, request, answer);
  if (status.ok()) {
    ++tally_.stored;
    failures_in_a_row_ = 0;
    slot.attempts = 0;
  } else if (IsWorthRetrying(status.error().code)) {
    Retry(slot, now, status.error(), answer.retry_after);
  } else {
    const bool is_contract = status.error().code != ErrorCode::kCorrupt;
    GiveUp(slot, is_contract ? tally_.refused : tally_.failed, status.error());
  }
}

void Seeder::Failed(std::size_t slot_number, MonotonicTime now, const Error& error) {
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

void Seeder::Retry(Slot& slot, MonotonicTime now, const Error& error,
                   std::optional<std::chrono::seconds> asked_pause) {
  if (slot.attempts < kMaxAttempts) {
    slot.retry_at = now + PauseAfter(slot.attempts, jitter_);
    if (asked_pause) {
      slot.retry_at = std::max(slot.retry_at, now + std::min(*asked_pause, kLongestAskedPause));
    }
  } else if (IsUnreachable(error.code)) {
    // The product stays unfinished: the seed goes on from it once the server is back.
    if (!tally_.stopped_by) tally_.stopped_by = error;
  } else {
    GiveUp(slot, tally_.failed, error);
  }
}

void Seeder::GiveUp(Slot& slot, std::uint64_t& counter, const Error& error) {
  ++counter;
  slot.attempts = 0;
  if (tally_.first_reasons.size() < kMaxReasons) {
    tally_.first_reasons.push_back("product " + std::to_string(slot.product.product_id) + ": " +
                                   error.message);
  }
  if (&counter == &tally_.failed && ++failures_in_a_row_ == kMaxFailuresInARow &&
      !tally_.stopped_by) {
    tally_.stopped_by = error;
  }
}

bool Seeder::Continue(MonotonicTime now) {
  on_round_(tally_, now);
  return !tally_.stopped_by;
}

ProductId Seeder::first_unfinished_id() const {
  auto first = plan_.first_id + static_cast<std::int64_t>(next_offset_);
  for (const Slot& slot : slots_) {
    if (slot.attempts > 0) first = std::min<std::int64_t>(first, slot.product.product_id);
  }
  return static_cast<ProductId>(first);
}

}  // namespace products::cli
