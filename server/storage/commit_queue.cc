#include "server/storage/commit_queue.h"

#include <algorithm>
#include <utility>

namespace products {
namespace {

// What a waiting change costs beyond its record: the queue's entry and the waiter.
constexpr std::size_t kPendingOverhead = 128;

std::size_t BytesOf(const Change& change) {
  return kPendingOverhead + (change.record == nullptr ? 0 : change.record->footprint());
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
                                                        std::unique_ptr<CommitWaiter>&& waiter) {
  const std::size_t bytes = BytesOf(change);
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
    waiting_.push_back({std::move(change), std::move(waiter), bytes, now});
    waiting_bytes_ += bytes;
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
  return {waiting_.size(), waiting_bytes_, failed_};
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
  std::size_t bytes = 0;
  // A single change over the byte limit still goes, alone.
  while (!waiting_.empty() && batch.size() < limits_.max_batch_changes &&
         (batch.empty() || bytes + waiting_.front().bytes <= limits_.max_batch_bytes)) {
    bytes += waiting_.front().bytes;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  waiting_bytes_ -= bytes;
  return batch;
}

void CommitQueue::CommitBatch(std::vector<Pending> batch) {
  const MonotonicTime started = clock_.Now();
  const std::chrono::nanoseconds queue_wait = started - batch.front().queued_at;
  std::size_t bytes = 0;
  std::vector<Change> changes;
  changes.reserve(batch.size());
  for (Pending& pending : batch) {
    if (pending.change.record != nullptr) bytes += pending.change.record->body().size();
    changes.push_back(std::move(pending.change));
  }
  // The sort is stable, so of equal ids the last one submitted comes last and is the one that
  // stays.
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.id < b.id; });
  const auto first_kept =
      std::unique(changes.rbegin(), changes.rend(), [](const Change& a, const Change& b) {
        return a.id == b.id;
      }).base();
  changes.erase(changes.begin(), first_kept);
  for (Change& change : changes) {
    ++last_revision_;
    if (change.record != nullptr) change.record->set_revision(last_revision_);
  }

  Status outcome = engine_.Commit(changes);
  const std::chrono::nanoseconds commit_time = clock_.Now() - started;
  std::deque<Pending> abandoned;
  if (outcome.ok()) {
    for (Change& change : changes) {
      if (change.record != nullptr) {
        table_.Put(std::move(change.record));
      } else {
        table_.Erase(change.id);
      }
    }
    observer_.OnCommit(batch.size(), bytes, queue_wait, commit_time);
  } else {
    observer_.OnFailure(outcome.error());
    if (outcome.error().code != ErrorCode::kOverloaded) {
      outcome = Error{ErrorCode::kUnavailable,
                      "the storage engine failed; whether this write is stored is unknown",
                      outcome.error().detail};
      const std::lock_guard lock(mutex_);
      failed_ = true;
      abandoned.swap(waiting_);
      waiting_bytes_ = 0;
    }
  }
  for (Pending& pending : batch) pending.waiter->OnCommitted(outcome);
  const Status never_tried = Error{ErrorCode::kUnavailable, "writes are stopped", {}};
  for (Pending& pending : abandoned) pending.waiter->OnCommitted(never_tried);
}

}  // namespace products
