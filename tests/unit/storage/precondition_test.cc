// What a precondition of a change makes of the product that the writer finds.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/commit_queue.h"
#include "tests/unit/storage/held_engine.h"
#include "tests/unit/storage/manual_clock.h"

namespace products {
namespace {

using Kind = Precondition::Kind;

constexpr ProductId kId = 7;

class NoObserver final : public CommitObserver {
 public:
  void OnCommit(const CommittedBatch&) override {}
  void OnFailure(const Error&) override {}
};

class KeepingWaiter final : public CommitWaiter {
 public:
  explicit KeepingWaiter(std::string& outcome) : outcome_(outcome) {}
  void OnCommitted(const Status& outcome) override {
    outcome_ = outcome.ok() ? "made" : std::string(ErrorCodeName(outcome.error().code));
  }

 private:
  std::string& outcome_;
};

// What becomes of a change that finds `stored`, or no product when it is empty.
std::string OutcomeOf(const Precondition& precondition, const std::string& stored,
                      ProductRecordPtr record) {
  const CommitLimits limits{.max_batch_changes = 10,
                            .max_batch_bytes = 1 << 20,
                            .max_queue_changes = 10,
                            .max_queue_bytes = 1 << 20,
                            .max_queue_age = std::chrono::seconds(1)};
  test::HeldEngine engine;
  test::ManualClock clock;
  NoObserver observer;
  ProductTable table;
  if (!stored.empty()) table.Put(ProductRecord::Make(kId, stored));
  std::string outcome = "not told";
  CommitQueue queue(engine, table, limits, clock, observer);
  if (queue.Submit({kId, std::move(record)}, std::make_unique<KeepingWaiter>(outcome),
                   precondition)) {
    return "not queued";
  }
  queue.Stop();
  return outcome;
}

TEST(Preconditions, OfEachKindHoldForWhatTheySayAndNothingElse) {
  const std::uint64_t tag_a = ProductRecord::Make(kId, "a")->content_tag();
  const std::uint64_t tag_b = ProductRecord::Make(kId, "b")->content_tag();
  struct Row {
    Precondition precondition;
    std::string absent;
    std::string a;
    std::string c;
  };
  const std::vector<Row> rows = {
      {{}, "made", "made", "made"},
      {{Kind::kExists}, "conflict", "made", "made"},
      {{Kind::kAbsent}, "made", "conflict", "conflict"},
      {{Kind::kHasTag, {tag_b, tag_a}}, "conflict", "made", "conflict"},
      {{Kind::kHasTag}, "conflict", "conflict", "conflict"},
      {{Kind::kHasOtherTag, {tag_b, tag_a}}, "conflict", "conflict", "made"},
      {{Kind::kHasOtherTag}, "conflict", "made", "made"},
      {{Kind::kAbsentOrOtherTag, {tag_b, tag_a}}, "made", "conflict", "made"},
      {{Kind::kAbsentOrOtherTag}, "made", "made", "made"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(static_cast<int>(row.precondition.kind));
    const auto put = [&](const std::string& stored) {
      return OutcomeOf(row.precondition, stored, ProductRecord::Make(kId, "new"));
    };
    const auto erase = [&](const std::string& stored) {
      return OutcomeOf(row.precondition, stored, nullptr);
    };
    EXPECT_EQ(put(""), row.absent);
    EXPECT_EQ(put("a"), row.a);
    EXPECT_EQ(put("c"), row.c);
    EXPECT_EQ(erase(""), "not_found") << "that there is nothing to remove goes before";
    EXPECT_EQ(erase("a"), row.a);
    EXPECT_EQ(erase("c"), row.c);
  }
}

}  // namespace
}  // namespace products
