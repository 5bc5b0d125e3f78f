#include "server/storage/commit_queue.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace products {
namespace {

// What a waiting change costs beyond its record: the queue's entry and the waiter.
constexpr std::size_t kPendingOverhead = 192;

std::size_t BytesOf(const Change& change) {
  return change.record == nullptr ? 0 : change.record->footprint();
}

Status CheckPrecondition(const Precondition& precondition, const ProductRecord* stored) {
  using Kind = Precondition::Kind;
  const auto unless = [](bool holds, const char* otherwise) -> Status {
    if (holds) return {};
    return Error{ErrorCode::kConflict, otherwise, {}};
  };
  const Kind kind = precondition.kind;
  if (kind == Kind::kNone) return {};
  if (kind == Kind::kAbsent) return unless(stored == nullptr, "the product exists");
  if (stored == nullptr) {
    return unless(kind == Kind::kAbsentOrOtherTag, "the product does not exist");
  }
  if (kind == Kind::kExists) return {};
  const auto& tags = precondition.tags;
  const bool has_tag = std::find(tags.begin(), tags.end(), stored->content_tag()) != tags.end();
  if (kind == Kind::kHasTag) return unless(has_tag, "the product has another ETag");
  return unless(!has_tag, "the product has this ETag");
}

}  // namespace

CommitQueue::CommitQueue(Engine& engine, ProductTable& table, const CommitLimits& limits,
                         const Clock& clock, CommitObserver& observer)
    : engine_(engine),
      table_(table),
      limits_(limits),
      clock_(clock),
      observer_(observer),
      writer_([this] { Run(); }) {}

CommitQueue::~CommitQueue() { Stop(); }

std::optional<CommitQueue::Refusal> CommitQueue::Submit(Change change,
                                                        std::unique_ptr<CommitWaiter>&& waiter,
                                                        Precondition precondition) {
  const std::size_t bytes = kPendingOverhead + BytesOf(change);
  const MonotonicTime now = clock_.Now();
  bool wake_writer = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || failed_) return Refusal::kStopped;
    if (waiting_.size() >= limits_.max_queue_changes ||
        waiting_bytes_ + bytes > limits_.max_queue_bytes) {
      return Refusal::kFull;
    }
    if (!waiting_.empty() && now - waiting_.front().queued_at > limits_.max_queue_age) {
      return Refusal::kTooOld;
    }
    waiting_.push_back(
        {std::move(change), {}, std::move(precondition), std::move(waiter), bytes, now});
    waiting_changes_ += 1;
    waiting_bytes_ += bytes;
    wake_writer = std::exchange(writer_sleeps_, false);
  }
  if (wake_writer) wake_.notify_one();
  return std::nullopt;
}

std::optional<CommitQueue::Refusal> CommitQueue::SubmitGroup(
    std::vector<Change> group, std::unique_ptr<CommitWaiter>&& waiter) {
  std::size_t bytes = kPendingOverhead + group.size() * sizeof(Change);
  for (const Change& change : group) bytes += BytesOf(change);
  const MonotonicTime now = clock_.Now();
  bool wake_writer = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || failed_) return Refusal::kStopped;
    waiting_changes_ += group.size();
    waiting_bytes_ += bytes;
    waiting_.push_back({{}, std::move(group), {}, std::move(waiter), bytes, now});
    wake_writer = std::exchange(writer_sleeps_, false);
  }
  if (wake_writer) wake_.notify_one();
  return std::nullopt;
}

void CommitQueue::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (writer_.joinable()) writer_.join();
}

CommitQueue::Figures CommitQueue::figures() const {
  const std::lock_guard lock(mutex_);
  return {waiting_changes_, waiting_bytes_, failed_};
}

void CommitQueue::Run() {
  while (true) {
    std::vector<Pending> batch = TakeBatch();
    if (batch.empty()) return;
    CommitBatch(std::move(batch));
  }
}

std::vector<CommitQueue::Pending> CommitQueue::TakeBatch() {
  std::unique_lock lock(mutex_);
  while (waiting_.empty() && !stopping_) {
    writer_sleeps_ = true;
    wake_.wait(lock);
  }
  writer_sleeps_ = false;
  std::vector<Pending> batch;
  std::size_t changes = 0;
  std::size_t bytes = 0;
  // What is over a limit by itself still goes, alone.
  while (!waiting_.empty() &&
         (batch.empty() || (changes + waiting_.front().changes() <= limits_.max_batch_changes &&
                            bytes + waiting_.front().bytes <= limits_.max_batch_bytes))) {
    changes += waiting_.front().changes();
    bytes += waiting_.front().bytes;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  waiting_changes_ -= changes;
  waiting_bytes_ -= bytes;
  return batch;
}

// In the order of submission, without those that may not be made; these get their verdict. What a
// change finds is what the table holds, which this thread alone writes, or what an earlier one of
// the same batch makes of it.
std::vector<Change> CommitQueue::TakeChanges(std::vector<Pending>& batch) const {
  const bool has_conditions = std::any_of(batch.begin(), batch.end(), [](const Pending& pending) {
    return pending.group.empty() && (pending.change.record == nullptr ||
                                     pending.precondition.kind != Precondition::Kind::kNone);
  });
  std::size_t submitted = 0;
  for (const Pending& pending : batch) submitted += pending.changes();
  std::vector<Change> changes;
  changes.reserve(submitted);
  std::unordered_map<ProductId, std::size_t> place_of;
  const auto take = [&](Change&& change) {
    if (has_conditions) place_of[change.id] = changes.size();
    changes.push_back(std::move(change));
  };
  const ProductTable::ReadGuard guard;
  for (Pending& pending : batch) {
    if (!pending.group.empty()) {
      for (Change& change : pending.group) take(std::move(change));
      continue;
    }
    Change& change = pending.change;
    if (has_conditions) {
      const auto earlier = place_of.find(change.id);
      const ProductRecord* const stored = earlier == place_of.end()
                                              ? table_.Find(change.id)
                                              : changes[earlier->second].record.get();
      if (change.record == nullptr && stored == nullptr) {
        pending.verdict = Error{ErrorCode::kNotFound,
                                "product with ID " + std::to_string(change.id) + " not found",
                                {}};
      } else {
        pending.verdict = CheckPrecondition(pending.precondition, stored);
      }
      if (!pending.verdict.ok()) continue;
    }
    take(std::move(change));
  }
  return changes;
}

Status CommitQueue::CommitChanges(std::vector<Change> changes, std::size_t submitted,
                                  std::chrono::nanoseconds queue_wait) {
  std::size_t bytes = 0;
  for (const Change& change : changes) {
    if (change.record != nullptr) bytes += change.record->body().size();
  }
  const MonotonicTime started = clock_.Now();
  const Result<CommitReport> report = engine_.Commit(changes);
  const std::chrono::nanoseconds commit_time = clock_.Now() - started;
  if (!report.ok()) {
    observer_.OnFailure(report.error());
    return report.error();
  }
  for (Change& change : changes) {
    if (change.record != nullptr) {
      table_.Put(std::move(change.record));
    } else {
      table_.Erase(change.id);
    }
  }
  observer_.OnCommit({submitted, bytes, queue_wait, commit_time, report->sync_time});
  return {};
}

// From now on nothing is taken. What waited and will not be tried.
std::deque<CommitQueue::Pending> CommitQueue::Fail() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
  waiting_changes_ = 0;
  waiting_bytes_ = 0;
  return std::exchange(waiting_, {});
}

void CommitQueue::CommitBatch(std::vector<Pending> batch) {
  const std::chrono::nanoseconds queue_wait = clock_.Now() - batch.front().queued_at;
  std::vector<Change> changes = TakeChanges(batch);
  const std::size_t submitted = changes.size();
  KeepLastOfEachId(changes);
#ifdef PRODUCTD_ACKNOWLEDGES_EARLY
  // The fault that tests/crash/kill_test.cc must find. No program that is shipped is built with it.
  for (Pending& pending : batch) pending.waiter->OnCommitted(pending.verdict);
  batch.clear();
#endif
  Status outcome;
  if (!changes.empty()) outcome = CommitChanges(std::move(changes), submitted, queue_wait);

  std::deque<Pending> abandoned;
  if (!outcome.ok() && outcome.error().code != ErrorCode::kOverloaded) {
    outcome = Error{ErrorCode::kUnavailable,
                    "the storage engine failed; whether this write is stored is unknown",
                    outcome.error().detail};
    abandoned = Fail();
  }
  for (Pending& pending : batch) {
    // A verdict may rest on a change of the same batch, so it holds only if that was committed.
    pending.waiter->OnCommitted(outcome.ok() ? pending.verdict : outcome);
  }
  const Status never_tried = Error{ErrorCode::kUnavailable, "writes are stopped", {}};
  for (Pending& pending : abandoned) pending.waiter->OnCommitted(never_tried);
}

}  // namespace products
