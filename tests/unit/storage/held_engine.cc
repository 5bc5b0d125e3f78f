#include "tests/unit/storage/held_engine.h"

namespace products::test {

Result<CommitReport> HeldEngine::Commit(std::span<const Change> batch) {
  std::unique_lock lock(mutex_);
  Batch seen;
  for (const Change& change : batch) {
    seen.emplace_back(change.id, change.record == nullptr ? std::string("removed")
                                                          : std::string(change.record->body()));
  }
  batches_.push_back(std::move(seen));
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !held_; });
  --waiting_;
  if (!outcome_.ok()) return outcome_.error();
  return CommitReport{kSyncTime};
}

void HeldEngine::Hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void HeldEngine::LetGo(const Status& outcome) {
  const std::lock_guard lock(mutex_);
  held_ = false;
  outcome_ = outcome;
  changed_.notify_all();
}

void HeldEngine::WaitUntilHeld() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return held_ && waiting_ > 0; });
}

std::vector<HeldEngine::Batch> HeldEngine::batches() const {
  const std::lock_guard lock(mutex_);
  return batches_;
}

}  // namespace products::test
