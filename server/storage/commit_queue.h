#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "server/storage/engine.h"
#include "server/storage/product_table.h"

namespace products {

/// What must hold of the stored product when the turn of a change comes, for the change to be made.
struct Precondition {
  enum class Kind : std::uint8_t {
    kNone,
    kExists,
    kAbsent,
    kHasTag,            ///< It exists and its content tag is one of `tags`.
    kHasOtherTag,       ///< It exists and its content tag is none of `tags`.
    kAbsentOrOtherTag,  ///< It does not exist, or its content tag is none of `tags`.
  };
  Kind kind = Kind::kNone;
  std::vector<std::uint64_t> tags = {};
};

/// Who waits for a change, or for a group of them. Told exactly once, from the writer thread,
/// unless Submit refused the change.
class CommitWaiter {
 public:
  virtual ~CommitWaiter() = default;
  /// Ok: durable and visible to every later read. kNotFound: the product to be removed is not
  /// there. kConflict: the precondition does not hold. Must not block or throw.
  virtual void OnCommitted(const Status& outcome) = 0;
};

struct CommittedBatch {
  std::size_t changes;                   ///< as they were submitted
  std::size_t bytes;                     ///< of the bodies it has stored
  std::chrono::nanoseconds queue_wait;   ///< of its oldest change
  std::chrono::nanoseconds commit_time;  ///< that the engine took
  std::chrono::nanoseconds sync_time;    ///< the medium's part of that
};

/// Sees what becomes of every batch, from the writer thread and before the waiters are told.
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  virtual void OnCommit(const CommittedBatch& batch) = 0;
  /// The engine's error, as it came. After any but kOverloaded the queue takes no write.
  virtual void OnFailure(const Error& error) = 0;
};

struct CommitLimits {
  std::size_t max_batch_changes;
  std::size_t max_batch_bytes;
  std::size_t max_queue_changes;
  std::size_t max_queue_bytes;
  std::chrono::milliseconds max_queue_age;
};

/// The one way a change reaches engine and table, and the one writer of both (group commit). A
/// thread of its own loops: take what waits, up to the batch limits; leave out what its
/// precondition forbids; keep the last change of each id, ids ascending; commit it; publish it to
/// the table; tell every waiter. The next batch forms while a commit is in flight; there is no
/// timer.
///
/// Published before acknowledged and only after durable: what a reader saw is never undone, and
/// what was acknowledged is seen by every later read.
///
/// After an engine error of unknown outcome, which is any but kOverloaded, the queue stops: the
/// batch, everything waiting and everything later is answered kUnavailable; reads go on.
class CommitQueue {
 public:
  enum class Refusal { kFull, kTooOld, kStopped };

  struct Figures {
    std::size_t waiting_changes;
    std::size_t waiting_bytes;
    bool stopped;
  };

  /// Starts the writer. All references must outlive the queue.
  CommitQueue(Engine& engine, ProductTable& table, const CommitLimits& limits, const Clock& clock,
              CommitObserver& observer);
  /// As Stop().
  ~CommitQueue();
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  /// Any thread. Absent when the change is queued; otherwise why not, and neither change nor waiter
  /// was taken. Waits for nothing but the queue's own short critical sections.
  std::optional<Refusal> Submit(Change change, std::unique_ptr<CommitWaiter>&& waiter,
                                Precondition precondition = {});

  /// The same for many products to be stored, which are committed together; of equal ids the last
  /// one stays. Refused only when writes are stopped: who submits groups waits for one before he
  /// submits many more, and so bounds them himself.
  std::optional<Refusal> SubmitGroup(std::vector<Change> group,
                                     std::unique_ptr<CommitWaiter>&& waiter);

  /// Commits what waits, tells the waiters, and ends the writer. One thread, once; Submit refuses
  /// from then on.
  void Stop();

  Figures figures() const;

 private:
  struct Pending {
    Change change;              // when the group is empty
    std::vector<Change> group;  // with records all
    Precondition precondition;
    std::unique_ptr<CommitWaiter> waiter;
    std::size_t bytes;
    MonotonicTime queued_at;
    Status verdict = {};  // why the change was not made, once its turn has come

    std::size_t changes() const { return group.empty() ? 1 : group.size(); }
  };

  void Run();
  std::vector<Pending> TakeBatch();
  std::vector<Change> TakeChanges(std::vector<Pending>& batch) const;
  Status CommitChanges(std::vector<Change> changes, std::size_t submitted,
                       std::chrono::nanoseconds queue_wait);
  void CommitBatch(std::vector<Pending> batch);
  std::deque<Pending> Fail();

  Engine& engine_;
  ProductTable& table_;
  const CommitLimits limits_;
  const Clock& clock_;
  CommitObserver& observer_;

  mutable std::mutex mutex_;  // guards what follows up to writer_
  std::condition_variable wake_;
  std::deque<Pending> waiting_;
  std::size_t waiting_changes_ = 0;
  std::size_t waiting_bytes_ = 0;
  bool writer_sleeps_ = false;
  bool stopping_ = false;
  bool failed_ = false;
  std::thread writer_;
};

}  // namespace products
