#include "server/storage/commit_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/storage/held_engine.h"
#include "tests/unit/storage/manual_clock.h"

namespace products {
namespace {

using test::HeldEngine;
using test::ManualClock;
using Refusal = CommitQueue::Refusal;
using std::chrono::milliseconds;

// What a change costs in the queue beyond its body.
constexpr std::size_t kOverhead = 192 + 16;

class CommitLog final : public CommitObserver {
 public:
  void OnCommit(const CommittedBatch& batch) override { entries.push_back(batch); }
  void OnFailure(const Error& error) override { failures.push_back(error.detail); }

  // The writer's until the queue has stopped.
  std::vector<CommittedBatch> entries;
  std::vector<std::string> failures;
};

// What the waiters were told, in order, and what a reader found at that moment.
class Answers {
 public:
  struct Answer {
    int tag;
    Status outcome;
    std::string found;
  };

  explicit Answers(const ProductTable& table) : table_(table) {}

  std::unique_ptr<CommitWaiter> Waiter(int tag, ProductId id) {
    return std::make_unique<TaggedWaiter>(*this, tag, id);
  }

  std::vector<Answer> WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    const bool told =
        changed_.wait_for(lock, std::chrono::seconds(30), [&] { return answers_.size() >= count; });
    if (!told) throw std::runtime_error("a waiter was not told");
    return answers_;
  }

  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return answers_.size();
  }

 private:
  class TaggedWaiter final : public CommitWaiter {
   public:
    TaggedWaiter(Answers& answers, int tag, ProductId id) : answers_(answers), tag_(tag), id_(id) {}

    void OnCommitted(const Status& outcome) override {
      const ProductTable::ReadGuard guard;
      const ProductRecord* const record = answers_.table_.Find(id_);
      const std::lock_guard lock(answers_.mutex_);
      answers_.answers_.push_back(
          {tag_, outcome, record == nullptr ? "absent" : std::string(record->body())});
      answers_.changed_.notify_all();
    }

   private:
    Answers& answers_;
    const int tag_;
    const ProductId id_;
  };

  const ProductTable& table_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Answer> answers_;
};

class CommitQueueTest : public testing::Test {
 protected:
  static constexpr CommitLimits kLimits{.max_batch_changes = 1000,
                                        .max_batch_bytes = 1 << 20,
                                        .max_queue_changes = 1000,
                                        .max_queue_bytes = 1 << 20,
                                        .max_queue_age = milliseconds(1000)};

  ~CommitQueueTest() override {
    // A test that failed while a commit was held must not hang.
    engine_.LetGo();
  }

  void Start(const CommitLimits& limits = kLimits) {
    queue_ = std::make_unique<CommitQueue>(engine_, table_, limits, clock_, log_);
  }

  // A body of "removed" removes.
  std::optional<Refusal> Submit(int tag, ProductId id, const std::string& body) {
    Change change{id, body == "removed" ? nullptr : ProductRecord::Make(id, body)};
    return queue_->Submit(std::move(change), answers_.Waiter(tag, id));
  }

  // A commit of product 1 is under way and waits.
  void HoldACommit() {
    engine_.Hold();
    ASSERT_EQ(Submit(0, 1, "held"), std::nullopt);
    engine_.WaitUntilHeld();
  }

  std::string Find(ProductId id) const {
    const ProductTable::ReadGuard guard;
    const ProductRecord* const record = table_.Find(id);
    return record == nullptr ? "absent" : std::string(record->body());
  }

  ManualClock clock_;
  ProductTable table_;
  HeldEngine engine_;
  CommitLog log_;
  Answers answers_{table_};
  std::unique_ptr<CommitQueue> queue_;
};

TEST_F(CommitQueueTest, AnswersAndPublishesOnlyWhatTheEngineHasCommitted) {
  Start();
  HoldACommit();
  EXPECT_EQ(answers_.count(), 0U);
  EXPECT_EQ(Find(1), "absent");
  engine_.LetGo();
  const auto answers = answers_.WaitFor(1);
  EXPECT_TRUE(answers[0].outcome.ok());
  EXPECT_EQ(answers[0].found, "held") << "acknowledged before it was visible";
}

TEST_F(CommitQueueTest, WhatComesDuringACommitIsTheNextBatch) {
  Start();
  HoldACommit();
  for (int id = 9; id >= 5; --id) EXPECT_EQ(Submit(id, id, std::to_string(id)), std::nullopt);
  engine_.LetGo();
  answers_.WaitFor(6);
  const HeldEngine::Batch second = {{5, "5"}, {6, "6"}, {7, "7"}, {8, "8"}, {9, "9"}};
  EXPECT_EQ(engine_.batches(), (std::vector<HeldEngine::Batch>{{{1, "held"}}, second}));
}

TEST_F(CommitQueueTest, OfOneIdTheLastChangeStaysAndEachIsAnswered) {
  Start();
  HoldACommit();
  Submit(1, 4, "first");
  Submit(2, 3, "only");
  Submit(3, 4, "removed");
  Submit(4, 4, "last");
  Submit(5, 2, "put");
  Submit(6, 2, "removed");
  engine_.LetGo();
  const auto answers = answers_.WaitFor(7);
  EXPECT_EQ(engine_.batches().at(1), (HeldEngine::Batch{{2, "removed"}, {3, "only"}, {4, "last"}}));
  for (int tag = 0; tag <= 6; ++tag) {
    EXPECT_EQ(answers[static_cast<std::size_t>(tag)].tag, tag);
    EXPECT_TRUE(answers[static_cast<std::size_t>(tag)].outcome.ok());
  }
  EXPECT_EQ(Find(4), "last");
  EXPECT_EQ(Find(2), "absent");
}

TEST_F(CommitQueueTest, OfManyChangesOfFewIdsTheLastOfEachStays) {
  Start();
  HoldACommit();
  for (int i = 1; i <= 500; ++i) Submit(i, 1 + i % 3, std::to_string(i));
  engine_.LetGo();
  answers_.WaitFor(501);
  EXPECT_EQ(engine_.batches().at(1), (HeldEngine::Batch{{1, "498"}, {2, "499"}, {3, "500"}}));
}

TEST_F(CommitQueueTest, RemovesWhatWasThere) {
  Start();
  Submit(0, 7, "there");
  EXPECT_EQ(answers_.WaitFor(1)[0].found, "there");
  Submit(1, 7, "removed");
  EXPECT_EQ(answers_.WaitFor(2)[1].found, "absent");
  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(CommitQueueTest, ABatchEndsAtItsNumberOfChanges) {
  CommitLimits limits = kLimits;
  limits.max_batch_changes = 2;
  Start(limits);
  HoldACommit();
  for (int id = 2; id <= 6; ++id) Submit(id, id, "x");
  engine_.LetGo();
  answers_.WaitFor(6);
  std::vector<std::size_t> sizes;
  for (const HeldEngine::Batch& batch : engine_.batches()) sizes.push_back(batch.size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 2, 2, 1}));
}

TEST_F(CommitQueueTest, ABatchEndsAtItsBytesButTakesALargeChangeAlone) {
  CommitLimits limits = kLimits;
  limits.max_batch_bytes = 2 * (kOverhead + 100);
  Start(limits);
  HoldACommit();
  const std::string exact(100, 'x');
  Submit(2, 2, exact);
  Submit(3, 3, exact);
  Submit(4, 4, exact);
  Submit(5, 5, exact + "x");
  Submit(6, 6, std::string(5000, 'x'));
  Submit(7, 7, exact);
  engine_.LetGo();
  answers_.WaitFor(7);
  std::vector<std::size_t> sizes;
  for (const HeldEngine::Batch& batch : engine_.batches()) sizes.push_back(batch.size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 2, 1, 1, 1, 1}));
}

TEST_F(CommitQueueTest, RefusesWhatIsOverItsNumberOfChanges) {
  CommitLimits limits = kLimits;
  limits.max_queue_changes = 3;
  Start(limits);
  HoldACommit();
  for (int tag = 1; tag <= 3; ++tag) EXPECT_EQ(Submit(tag, tag, "x"), std::nullopt);
  EXPECT_EQ(queue_->figures().waiting_changes, 3U);
  EXPECT_EQ(Submit(4, 4, "x"), Refusal::kFull);
  engine_.LetGo();
  answers_.WaitFor(4);
  EXPECT_EQ(Submit(5, 5, "x"), std::nullopt);
  EXPECT_EQ(answers_.WaitFor(5).back().tag, 5);
  EXPECT_EQ(Find(4), "absent");
}

TEST_F(CommitQueueTest, RefusesWhatIsOverItsBytes) {
  CommitLimits limits = kLimits;
  limits.max_queue_bytes = 2 * kOverhead + 10;
  Start(limits);
  HoldACommit();
  EXPECT_EQ(Submit(1, 1, "12345"), std::nullopt);
  EXPECT_EQ(Submit(2, 2, "123456"), Refusal::kFull);
  EXPECT_EQ(Submit(3, 3, "12345"), std::nullopt);
  EXPECT_EQ(queue_->figures().waiting_bytes, limits.max_queue_bytes);
  engine_.LetGo();
  answers_.WaitFor(3);
  EXPECT_EQ(queue_->figures().waiting_bytes, 0U);
}

TEST_F(CommitQueueTest, RefusesWhileTheOldestHasWaitedTooLong) {
  Start();
  HoldACommit();
  EXPECT_EQ(Submit(1, 2, "x"), std::nullopt);
  clock_.Advance(kLimits.max_queue_age);
  EXPECT_EQ(Submit(2, 3, "x"), std::nullopt) << "at the limit is not over it";
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(Submit(3, 4, "x"), Refusal::kTooOld);
  engine_.LetGo();
  answers_.WaitFor(3);
  EXPECT_EQ(Submit(4, 5, "x"), std::nullopt) << "an empty queue has no oldest";
  answers_.WaitFor(4);
}

TEST_F(CommitQueueTest, ARefusedChangeAndItsWaiterStayTheCallers) {
  CommitLimits limits = kLimits;
  limits.max_queue_changes = 0;
  Start(limits);
  std::unique_ptr<CommitWaiter> waiter = answers_.Waiter(1, 1);
  EXPECT_EQ(queue_->Submit({1, ProductRecord::Make(1, "x")}, std::move(waiter)), Refusal::kFull);
  ASSERT_NE(waiter, nullptr);  // NOLINT(bugprone-use-after-move): what is tested
  queue_->Stop();
  EXPECT_EQ(answers_.count(), 0U);
}

TEST_F(CommitQueueTest, AnOutcomeThatIsUnknownStopsItAndAnswersAllThatWaits) {
  Start();
  Submit(100, 50, "before");
  answers_.WaitFor(1);
  HoldACommit();
  Submit(1, 2, "waiting");
  Submit(2, 50, "after");
  // Whatever the engine calls it: to a client it is the same.
  engine_.LetGo(Error{ErrorCode::kInternal, "the store does not answer", "EIO"});
  const auto answers = answers_.WaitFor(4);
  for (std::size_t i = 1; i < 4; ++i) {
    ASSERT_FALSE(answers[i].outcome.ok());
    EXPECT_EQ(answers[i].outcome.error().code, ErrorCode::kUnavailable);
  }
  EXPECT_TRUE(queue_->figures().stopped);
  EXPECT_EQ(queue_->figures().waiting_changes, 0U);
  EXPECT_EQ(queue_->figures().waiting_bytes, 0U);
  EXPECT_EQ(Submit(3, 3, "later"), Refusal::kStopped);
  queue_->Stop();
  EXPECT_EQ(engine_.batches().size(), 2U) << "nothing reaches the engine after that";
  EXPECT_EQ(Find(1), "absent");
  EXPECT_EQ(Find(50), "before") << "reads go on, of what was acknowledged";
  EXPECT_EQ(log_.failures, std::vector<std::string>{"EIO"});
  EXPECT_EQ(log_.entries.size(), 1U) << "what failed is no commit";
}

TEST_F(CommitQueueTest, ACommitThatWroteNothingFailsItsBatchAlone) {
  Start();
  HoldACommit();
  engine_.LetGo(Error{ErrorCode::kOverloaded, "disk full", ""});
  EXPECT_EQ(answers_.WaitFor(1)[0].outcome.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(Find(1), "absent");
  EXPECT_FALSE(queue_->figures().stopped);
  engine_.LetGo();
  EXPECT_EQ(Submit(1, 1, "again"), std::nullopt);
  EXPECT_EQ(answers_.WaitFor(2)[1].found, "again");
  queue_->Stop();
  EXPECT_EQ(log_.failures.size(), 1U);
  EXPECT_EQ(log_.entries.size(), 1U);
}

TEST_F(CommitQueueTest, StopCommitsWhatWaitsAndRefusesTheRest) {
  Start();
  HoldACommit();
  for (int id = 2; id <= 30; ++id) Submit(id, id, "x");
  std::thread stopper([this] { queue_->Stop(); });
  while (Submit(1000, 1000, "late") != Refusal::kStopped) {
    // Not stopping yet: that one is to be committed too.
  }
  EXPECT_EQ(Submit(1001, 1001, "later"), Refusal::kStopped);
  engine_.LetGo();
  stopper.join();
  EXPECT_GE(answers_.count(), 30U);
  for (ProductId id = 2; id <= 30; ++id) EXPECT_EQ(Find(id), "x");
  EXPECT_EQ(Find(1001), "absent");
  EXPECT_EQ(queue_->figures().waiting_changes, 0U);
  EXPECT_FALSE(queue_->figures().stopped) << "stopped is for what failed";
}

TEST_F(CommitQueueTest, TheObserverSeesEveryCommit) {
  Start();
  HoldACommit();
  Submit(1, 2, "12345");
  clock_.Advance(milliseconds(30));
  Submit(2, 2, "removed");
  clock_.Advance(milliseconds(10));
  engine_.LetGo();
  answers_.WaitFor(3);
  queue_->Stop();
  ASSERT_EQ(log_.entries.size(), 2U);
  EXPECT_EQ(log_.entries[0].changes, 1U);
  EXPECT_EQ(log_.entries[0].bytes, 4U);
  EXPECT_EQ(log_.entries[0].queue_wait, milliseconds(0));
  EXPECT_EQ(log_.entries[0].commit_time, milliseconds(40));
  EXPECT_EQ(log_.entries[0].sync_time, test::HeldEngine::kSyncTime);
  EXPECT_EQ(log_.entries[1].changes, 2U) << "as submitted, not as kept";
  EXPECT_EQ(log_.entries[1].bytes, 0U) << "as stored";
  EXPECT_EQ(log_.entries[1].queue_wait, milliseconds(40));
  EXPECT_EQ(log_.entries[1].commit_time, milliseconds(0));
}

// Each producer writes ids of its own and waits for each answer: it must then find just that.
TEST_F(CommitQueueTest, ManyProducersEachReadTheirOwnWrites) {
  Start();
  constexpr int kProducers = 4;
  constexpr int kRounds = 500;
  std::atomic<int> wrong{0};
  std::vector<std::thread> producers;
  producers.reserve(kProducers);
  for (int producer = 0; producer < kProducers; ++producer) {
    producers.emplace_back([&, producer] {
      Answers answers(table_);
      const ProductId id = 1 + producer;
      for (int round = 0; round < kRounds; ++round) {
        const std::string body = std::to_string(producer) + ":" + std::to_string(round);
        if (queue_->Submit({id, ProductRecord::Make(id, body)}, answers.Waiter(round, id))) {
          ++wrong;
          return;
        }
        const auto all = answers.WaitFor(static_cast<std::size_t>(round) + 1);
        if (all.back().tag != round || all.back().found != body || Find(id) != body) ++wrong;
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(wrong, 0);
  queue_->Stop();
  std::size_t changes = 0;
  for (const CommittedBatch& entry : log_.entries) changes += entry.changes;
  EXPECT_EQ(changes, std::size_t{kProducers} * kRounds);
}

}  // namespace
}  // namespace products
