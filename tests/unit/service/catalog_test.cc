#include "server/service/catalog.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/unit/storage/held_engine.h"

namespace products {
namespace {

using test::HeldEngine;

constexpr char kJson[] =
    R"({"sku":"s","manufacturer":"m","category_id":1,"weight":0,"some_other_id":1})";

class ManualClock final : public Clock {
 public:
  MonotonicTime Now() const override { return MonotonicTime(now_.load()); }
  WallTime WallNow() const override { return {}; }
  void Advance(std::chrono::nanoseconds time) { now_ = now_.load() + time; }

 private:
  std::atomic<std::chrono::nanoseconds> now_{};
};

class NoObserver final : public CommitObserver {
 public:
  void OnCommit(const CommittedBatch&) override {}
  void OnFailure(const Error&) override {}
};

class CountingWaiter final : public CommitWaiter {
 public:
  explicit CountingWaiter(std::atomic<int>& told) : told_(told) {}
  void OnCommitted(const Status&) override {
    ++told_;
    told_.notify_all();
  }

 private:
  std::atomic<int>& told_;
};

class CatalogTest : public testing::Test {
 protected:
  CatalogTest() { catalog_.FinishLoading(); }
  static constexpr CommitLimits kLimits{.max_batch_changes = 1,
                                        .max_batch_bytes = 1 << 20,
                                        .max_queue_changes = 2,
                                        .max_queue_bytes = 1 << 20,
                                        .max_queue_age = std::chrono::seconds(2)};

  ~CatalogTest() override {
    // A test that failed while a commit was held must not hang.
    engine_.LetGo();
  }

  std::optional<RefusedWrite> Put(ProductId id, const std::string& json = kJson) {
    return catalog_.Put(Catalog::MakeRecord(id, json).value(), {},
                        std::make_unique<CountingWaiter>(told_));
  }

  void ExpectRefused(ProductId id, WriteRefusal reason, ErrorCode code) {
    const std::optional<RefusedWrite> refused = Put(id);
    ASSERT_TRUE(refused.has_value());
    EXPECT_EQ(refused->reason, reason);
    EXPECT_EQ(refused->error.code, code);
  }

  void HoldACommit() {
    engine_.Hold();
    ASSERT_FALSE(Put(1));
    engine_.WaitUntilHeld();
  }

  std::string Find(ProductId id) {
    const ProductTable::ReadGuard guard;
    const ProductRecord* const record = catalog_.Find(id);
    return record == nullptr ? "absent" : std::string(record->body());
  }

  std::atomic<int> told_{0};
  ManualClock clock_;
  ProductTable table_;
  HeldEngine engine_;
  NoObserver observer_;
  CommitQueue queue_{engine_, table_, kLimits, clock_, observer_};
  Catalog catalog_{table_, queue_, std::uint64_t{1} << 30};
};

TEST_F(CatalogTest, APutProductIsFoundAsItGoesOnTheWire) {
  ASSERT_FALSE(Put(7));
  queue_.Stop();
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(Find(7), R"({"product_id":7,"sku":"s","manufacturer":"m","category_id":1,"weight":0,)"
                     R"("some_other_id":1})"
                     "\n");
  EXPECT_EQ(Find(8), "absent");
}

TEST_F(CatalogTest, NoRecordIsMadeOfAProductThatBreaksARule) {
  const Result<ProductRecordPtr> record = Catalog::MakeRecord(7, "{}");
  ASSERT_FALSE(record.ok());
  EXPECT_EQ(record.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(record.error().message, "sku is required");
}

TEST_F(CatalogTest, APutOverTheMemoryLimitIsRefused) {
  Catalog full(table_, queue_, table_.bytes() + 50);
  const std::optional<RefusedWrite> refused =
      full.Put(Catalog::MakeRecord(7, kJson).value(), {}, std::make_unique<CountingWaiter>(told_));
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->reason, WriteRefusal::kTableFull);
  EXPECT_EQ(refused->error.code, ErrorCode::kOverloaded);
}

TEST_F(CatalogTest, AFullQueueAndAnOldOneRefuseEachInItsName) {
  HoldACommit();
  ASSERT_FALSE(Put(2));
  clock_.Advance(kLimits.max_queue_age + std::chrono::nanoseconds(1));
  ExpectRefused(3, WriteRefusal::kQueueAge, ErrorCode::kOverloaded);
  clock_.Advance(-std::chrono::nanoseconds(1));
  ASSERT_FALSE(Put(3));
  ExpectRefused(4, WriteRefusal::kQueueFull, ErrorCode::kOverloaded);
  EXPECT_TRUE(catalog_.CheckReady().ok()) << "it is busy, not broken";
}

TEST_F(CatalogTest, AfterAnUnknownOutcomeWritesAreRefusedAndReadinessFails) {
  EXPECT_TRUE(catalog_.CheckReady().ok());
  ASSERT_FALSE(Put(1));
  told_.wait(0);
  HoldACommit();
  engine_.LetGo(Error{ErrorCode::kInternal, "the store does not answer", "EIO"});
  told_.wait(1);
  ExpectRefused(2, WriteRefusal::kStopped, ErrorCode::kUnavailable);
  EXPECT_EQ(catalog_.CheckReady().error().code, ErrorCode::kUnavailable);
  EXPECT_NE(Find(1), "absent") << "reads go on";
}

TEST_F(CatalogTest, DrainingFailsReadinessAndStillTakesWrites) {
  catalog_.StartDraining();
  EXPECT_EQ(catalog_.CheckReady().error().message, "draining");
  EXPECT_FALSE(Put(1));
}

}  // namespace
}  // namespace products
