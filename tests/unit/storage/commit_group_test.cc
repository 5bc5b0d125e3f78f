// Groups: many products that are submitted, committed and answered as one.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/commit_queue.h"
#include "tests/unit/storage/held_engine.h"
#include "tests/unit/storage/manual_clock.h"

namespace products {
namespace {

using test::HeldEngine;

class NoObserver final : public CommitObserver {
 public:
  void OnCommit(const CommittedBatch&) override {}
  void OnFailure(const Error&) override {}
};

class Outcomes {
 public:
  std::unique_ptr<CommitWaiter> Waiter() { return std::make_unique<Keeper>(*this); }
  void WaitFor(int count) {
    for (int told = told_; told < count; told = told_) told_.wait(told);
  }
  int told() const { return told_; }
  int failed() const { return failed_; }

 private:
  class Keeper final : public CommitWaiter {
   public:
    explicit Keeper(Outcomes& outcomes) : outcomes_(outcomes) {}
    void OnCommitted(const Status& outcome) override {
      if (!outcome.ok()) ++outcomes_.failed_;
      ++outcomes_.told_;
      outcomes_.told_.notify_all();
    }

   private:
    Outcomes& outcomes_;
  };

  std::atomic<int> told_{0};
  std::atomic<int> failed_{0};
};

class CommitGroup : public testing::Test {
 protected:
  ~CommitGroup() override {
    // A test that failed while a commit was held must not hang.
    engine_.LetGo();
  }

  static std::vector<Change> Group(const std::vector<std::pair<ProductId, std::string>>& products) {
    std::vector<Change> group;
    group.reserve(products.size());
    for (const auto& [id, body] : products) group.push_back({id, ProductRecord::Make(id, body)});
    return group;
  }

  void HoldACommit() {
    engine_.Hold();
    ASSERT_EQ(queue_.Submit({1, ProductRecord::Make(1, "held")}, outcomes_.Waiter()), std::nullopt);
    engine_.WaitUntilHeld();
  }

  std::string Find(ProductId id) const {
    const ProductTable::ReadGuard guard;
    const ProductRecord* const record = table_.Find(id);
    return record == nullptr ? "absent" : std::string(record->body());
  }

  test::ManualClock clock_;
  ProductTable table_;
  HeldEngine engine_;
  NoObserver observer_;
  Outcomes outcomes_;
  CommitQueue queue_{engine_,
                     table_,
                     {.max_batch_changes = 4,
                      .max_batch_bytes = 1 << 20,
                      .max_queue_changes = 2,
                      .max_queue_bytes = 2000,
                      .max_queue_age = std::chrono::seconds(1)},
                     clock_,
                     observer_};
};

TEST_F(CommitGroup, IsOneCommitHoweverLargeAndAnsweredOnce) {
  ASSERT_EQ(queue_.SubmitGroup(
                Group({{9, "a"}, {3, "b"}, {5, "c"}, {7, "d"}, {1, "e"}, {3, "f"}, {8, "g"}}),
                outcomes_.Waiter()),
            std::nullopt);
  outcomes_.WaitFor(1);
  queue_.Stop();
  EXPECT_EQ(outcomes_.told(), 1);
  EXPECT_EQ(engine_.batches(), (std::vector<HeldEngine::Batch>{
                                   {{1, "e"}, {3, "f"}, {5, "c"}, {7, "d"}, {8, "g"}, {9, "a"}}}));
  EXPECT_EQ(Find(3), "f");
}

TEST_F(CommitGroup, GoesWithOtherChangesWhereBothFitAndInTheirOrder) {
  HoldACommit();
  ASSERT_EQ(queue_.Submit({2, ProductRecord::Make(2, "before")}, outcomes_.Waiter()), std::nullopt);
  ASSERT_EQ(queue_.SubmitGroup(Group({{2, "group"}, {3, "group"}}), outcomes_.Waiter()),
            std::nullopt);
  ASSERT_EQ(queue_.SubmitGroup(Group({{3, "x"}, {4, "x"}}), outcomes_.Waiter()), std::nullopt);
  EXPECT_EQ(queue_.figures().waiting_changes, 5U);
  engine_.LetGo();
  outcomes_.WaitFor(4);
  EXPECT_EQ(engine_.batches(),
            (std::vector<HeldEngine::Batch>{
                {{1, "held"}}, {{2, "group"}, {3, "group"}}, {{3, "x"}, {4, "x"}}}));
}

TEST_F(CommitGroup, IsTakenByAQueueThatRefusesChanges) {
  HoldACommit();
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(queue_.SubmitGroup(Group({{10 + i, std::string(1000, 'x')}}), outcomes_.Waiter()),
              std::nullopt);
  }
  EXPECT_EQ(queue_.Submit({2, ProductRecord::Make(2, "x")}, outcomes_.Waiter()),
            CommitQueue::Refusal::kFull);
  engine_.LetGo();
  outcomes_.WaitFor(6);
  EXPECT_EQ(table_.size(), 6U);
  EXPECT_EQ(queue_.figures().waiting_bytes, 0U);
}

TEST_F(CommitGroup, OfAFailedCommitIsToldSoAndNothingOfItIsVisible) {
  HoldACommit();
  ASSERT_EQ(queue_.SubmitGroup(Group({{2, "x"}, {3, "x"}}), outcomes_.Waiter()), std::nullopt);
  engine_.LetGo(Error{ErrorCode::kOverloaded, "the disk is full", {}});
  outcomes_.WaitFor(2);
  EXPECT_EQ(outcomes_.failed(), 2);
  EXPECT_EQ(table_.size(), 0U);
  engine_.LetGo(Error{ErrorCode::kUnavailable, "the disk is gone", {}});
  ASSERT_EQ(queue_.SubmitGroup(Group({{2, "x"}}), outcomes_.Waiter()), std::nullopt);
  outcomes_.WaitFor(3);
  EXPECT_EQ(queue_.SubmitGroup(Group({{2, "x"}}), outcomes_.Waiter()),
            CommitQueue::Refusal::kStopped);
  EXPECT_EQ(outcomes_.told(), 3);
}

}  // namespace
}  // namespace products
