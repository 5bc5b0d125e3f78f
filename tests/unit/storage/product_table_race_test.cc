// Readers against the writer: what ThreadSanitizer and AddressSanitizer are for, and what the
// values themselves show without them.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "server/storage/product_table.h"

namespace products {
namespace {

// Neighbours in a leaf, and ids whose leaf or branch appears while they are looked for.
constexpr std::array<ProductId, 6> kIds = {1, 2, 64, 1 << 18, 1 << 30, kMaxProductId};

// The revision, and then bytes whose number and value it determines, so that a mix of two records
// cannot pass for one.
ProductRecordPtr MakeRecord(ProductId id, std::uint64_t revision) {
  std::string body(sizeof revision, ' ');
  std::memcpy(body.data(), &revision, sizeof revision);
  body.append(1 + revision % 97, static_cast<char>('a' + revision % 26));
  return ProductRecord::Make(id, body);
}

std::uint64_t RevisionOf(const ProductRecord& record) {
  std::uint64_t revision = 0;
  std::memcpy(&revision, record.body().data(), sizeof revision);
  return revision;
}

bool IsWhole(const ProductRecord& record, ProductId id) {
  const std::uint64_t revision = RevisionOf(record);
  const auto expected = static_cast<char>('a' + revision % 26);
  const std::string_view rest = record.body().substr(sizeof revision);
  return record.id() == id && rest.size() == 1 + revision % 97 &&
         std::all_of(rest.begin(), rest.end(), [expected](char c) { return c == expected; });
}

class Readers {
 public:
  explicit Readers(const ProductTable& table) {
    for (int i = 0; i < 3; ++i) {
      threads_.emplace_back([this, &table] {
        std::array<std::uint64_t, kIds.size()> seen{};
        while (!done_.load(std::memory_order_relaxed)) {
          const ProductTable::ReadGuard guard;
          for (std::size_t at = 0; at < kIds.size(); ++at) {
            const ProductRecord* const record = table.Find(kIds[at]);
            if (record == nullptr) continue;
            if (!IsWhole(*record, kIds[at])) ++torn_;
            if (RevisionOf(*record) < seen[at]) ++gone_back_;
            seen[at] = RevisionOf(*record);
            ++reads_;
          }
        }
      });
    }
  }

  void Join() {
    done_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  std::atomic<std::uint64_t> reads_{0};
  std::atomic<std::uint64_t> torn_{0};
  std::atomic<std::uint64_t> gone_back_{0};

 private:
  std::atomic<bool> done_{false};
  std::vector<std::thread> threads_;
};

TEST(ProductTableRace, ReadersSeeWholeRecordsThatNeverGoBack) {
  ProductTable table;
  Readers readers(table);
  std::uint64_t revision = 0;
  // Until the readers have had their share too, on one core as on many.
  while (revision < 30'000 || readers.reads_ < 30'000) {
    for (const ProductId id : kIds) table.Put(MakeRecord(id, ++revision));
    if (revision % 300 == 0) {
      table.Reclaim();
      std::this_thread::yield();
    }
  }
  readers.Join();
  EXPECT_EQ(readers.torn_, 0U);
  EXPECT_EQ(readers.gone_back_, 0U);
  table.Reclaim();
  EXPECT_EQ(table.retired_bytes(), 0U);
  EXPECT_EQ(table.size(), kIds.size());
}

TEST(ProductTableRace, ReclaimOfAnotherThreadRacesWithTheWriterSafely) {
  ProductTable table;
  Readers readers(table);
  std::atomic<bool> done{false};
  std::atomic<std::size_t> freed{0};
  std::thread reclaimer([&] {
    while (!done) freed += table.Reclaim();
  });
  std::size_t replaced = 0;
  std::uint64_t revision = 0;
  while (revision < 20'000 || freed < 1'000) {
    const ProductId id = kIds[revision % kIds.size()];
    if (++revision > kIds.size()) ++replaced;
    table.Put(MakeRecord(id, revision));
    if (revision % 100 == 0) std::this_thread::yield();
  }
  done = true;
  reclaimer.join();
  readers.Join();
  freed += table.Reclaim();
  EXPECT_EQ(freed, replaced);
  EXPECT_EQ(readers.torn_, 0U);
  EXPECT_EQ(readers.gone_back_, 0U);
}

}  // namespace
}  // namespace products
