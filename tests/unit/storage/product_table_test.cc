#include "server/storage/product_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace products {
namespace {

// Every border between two leaves, two branches, and the ends of the range.
std::vector<ProductId> BorderIds() {
  std::vector<ProductId> ids = {1, 2, kMaxProductId - 1, kMaxProductId};
  for (const int bits : {6, 18, 30}) {
    const ProductId border = ProductId{1} << bits;
    ids.insert(ids.end(), {border - 1, border, border + 1});
    ids.insert(ids.end(), {kMaxProductId - border, kMaxProductId - border + 1});
  }
  return ids;
}

std::string BodyOf(ProductId id) { return "body of " + std::to_string(id); }

TEST(ProductTable, FindsWhatWasPutAndNothingElse) {
  ProductTable table;
  std::map<ProductId, std::string> model;
  for (const ProductId id : BorderIds()) {
    table.Put(ProductRecord::Make(id, BodyOf(id)));
    model[id] = BodyOf(id);
    const ProductTable::ReadGuard guard;
    for (const ProductId known : BorderIds()) {
      for (const ProductId near : {known - 1, known, known < kMaxProductId ? known + 1 : known}) {
        const ProductRecord* const found = table.Find(near);
        ASSERT_EQ(found != nullptr, model.count(near) == 1) << near << " after " << id;
        if (found != nullptr) {
          ASSERT_EQ(found->body(), model[near]);
        }
      }
    }
    EXPECT_EQ(table.size(), model.size());
  }
}

TEST(ProductTable, IdsOutsideTheRangeAreAbsent) {
  ProductTable table;
  const ProductTable::ReadGuard guard;
  for (const ProductId id : {0, -1, std::numeric_limits<ProductId>::min()}) {
    EXPECT_EQ(table.Find(id), nullptr);
  }
}

TEST(ProductTable, AgreesWithAModelOverRandomChanges) {
  ProductTable table;
  std::map<ProductId, std::string> model;
  std::mt19937 random(1);
  const std::vector<ProductId> ids = BorderIds();
  for (int round = 0; round < 20'000; ++round) {
    const ProductId id = ids[random() % ids.size()];
    if (random() % 3 == 0) {
      EXPECT_EQ(table.Erase(id), model.erase(id) == 1);
    } else {
      const std::string body(random() % 300, static_cast<char>('a' + round % 26));
      table.Put(ProductRecord::Make(id, body));
      model[id] = body;
    }
    if (random() % 50 == 0) table.Reclaim();
    ASSERT_EQ(table.size(), model.size());
    const ProductTable::ReadGuard guard;
    const ProductRecord* const found = table.Find(id);
    ASSERT_EQ(found != nullptr, model.count(id) == 1);
    if (found != nullptr) {
      ASSERT_EQ(found->body(), model[id]);
    }
  }
}

TEST(ProductTable, AReplacedRecordIsReadableUntilTheGuardEnds) {
  ProductTable table;
  table.Put(ProductRecord::Make(1, "first"));
  const ProductTable::ReadGuard guard;
  const ProductRecord* const first = table.Find(1);
  table.Put(ProductRecord::Make(1, "second"));
  EXPECT_EQ(first->body(), "first");
  EXPECT_EQ(table.Find(1)->body(), "second");
}

TEST(ProductTable, CountsItsBytesToTheByte) {
  ProductTable table;
  const std::size_t empty = table.bytes();
  table.Put(ProductRecord::Make(1, std::string(100, 'a')));
  // A branch of 4,096 pointers and a leaf of 64, once.
  const std::size_t radix = (4096 + 64) * sizeof(void*);
  EXPECT_EQ(table.bytes(), empty + radix + 116);
  table.Put(ProductRecord::Make(63, std::string(10, 'a')));
  EXPECT_EQ(table.bytes(), empty + radix + 116 + 26);
  table.Put(ProductRecord::Make(1, std::string(50, 'a')));
  EXPECT_EQ(table.retired_bytes(), 116U);
  EXPECT_EQ(table.bytes(), empty + radix + 116 + 26 + 66);
  EXPECT_EQ(table.Reclaim(), 1U);
  EXPECT_EQ(table.Reclaim(), 0U);
  EXPECT_EQ(table.retired_bytes(), 0U);
  EXPECT_EQ(table.bytes(), empty + radix + 26 + 66);
  EXPECT_TRUE(table.Erase(1));
  EXPECT_TRUE(table.Erase(63));
  EXPECT_EQ(table.Reclaim(), 2U);
  EXPECT_EQ(table.bytes(), empty + radix);
}

TEST(ProductTable, ErasingWhatNeverWasCostsNothing) {
  ProductTable table;
  const std::size_t empty = table.bytes();
  for (const ProductId id : BorderIds()) EXPECT_FALSE(table.Erase(id));
  EXPECT_EQ(table.bytes(), empty);
}

TEST(ProductTable, TheWriterFreesWhatItReplacedBeforeItPilesUp) {
  ProductTable table;
  const std::string body(1 << 20, 'x');
  std::size_t most = 0;
  for (int i = 0; i < 200; ++i) {
    table.Put(ProductRecord::Make(1, body));
    most = std::max(most, table.retired_bytes());
  }
  EXPECT_LE(most, std::size_t{64} << 20);
  EXPECT_GT(most, std::size_t{32} << 20);
}

TEST(ProductTable, IdsSpreadThinCostALeafEachAndNoMore) {
  ProductTable table;
  const std::size_t empty = table.bytes();
  const int count = 1000;
  for (int i = 1; i <= count; ++i) {
    table.Put(ProductRecord::Make(i * (kMaxProductId / count), "x"));
  }
  EXPECT_LE(table.bytes() - empty, count * (4096 + 64) * sizeof(void*) + count * 17);
}

}  // namespace
}  // namespace products
