#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "server/storage/product_record.h"

namespace products {

/// Every product of the catalogue in memory: a three-level radix of atomic pointers to immutable
/// records, indexed by id. Readers never wait and never write shared memory; the one writer never
/// waits for readers. Replaced records are freed once no reader can hold them (liburcu's grace
/// period).
///
///     id, 31 bits:   [ 13 bits: root ][ 12 bits: branch ][ 6 bits: leaf ]
///
/// Leaves are small (512 bytes), so that ids spread thin over the whole range cost 0.5 KiB a
/// product and not a page; branches are at most 256 MiB together however ids are chosen.
class ProductTable {
 public:
  /// While one lives on a thread, no record that thread finds is freed. Costs a few nanoseconds;
  /// take one for a whole batch of look-ups. May nest. Must not be held across a wait.
  class ReadGuard {
   public:
    ReadGuard();
    ~ReadGuard();
    ReadGuard(const ReadGuard&) = delete;
    ReadGuard& operator=(const ReadGuard&) = delete;
  };

  ProductTable();
  /// No reader and no writer is left.
  ~ProductTable();
  ProductTable(const ProductTable&) = delete;
  ProductTable& operator=(const ProductTable&) = delete;

  /// Any thread that holds a ReadGuard; the record is valid until the guard ends. Null when absent.
  const ProductRecord* Find(ProductId id) const;

  /// The first record with that id or a larger one; null behind the last. As Find. A gap costs a
  /// look at each empty entry of the levels above it, at most some 20,000 and usually a few.
  const ProductRecord* FindFrom(ProductId id) const;

  /// The one writer: inserts or replaces.
  void Put(ProductRecordPtr record);

  /// The one writer: removes; false when the id was absent.
  bool Erase(ProductId id);

  /// Any thread but a reader inside its guard: waits for a grace period, then frees what was
  /// replaced before the call. Returns how many records it freed.
  std::size_t Reclaim();

  /// Bytes of replaced records not yet freed. Above its own limit the writer reclaims before it
  /// goes on.
  std::size_t retired_bytes() const { return retired_bytes_.load(std::memory_order_relaxed); }
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  /// Memory of records and of the radix, replaced records included.
  std::size_t bytes() const {
    return live_bytes_.load(std::memory_order_relaxed) + retired_bytes();
  }

 private:
  static constexpr int kLeafBits = 6;
  static constexpr int kBranchBits = 12;
  static constexpr int kRootBits = 31 - kLeafBits - kBranchBits;

  using Slot = std::atomic<ProductRecord*>;
  struct Leaf {
    std::atomic<ProductRecord*> slots[std::size_t{1} << kLeafBits] = {};
  };
  struct Branch {
    ~Branch();
    std::atomic<Leaf*> leaves[std::size_t{1} << kBranchBits] = {};
  };
  struct Root {
    ~Root();
    std::atomic<Branch*> branches[std::size_t{1} << kRootBits] = {};
  };

  Slot& SlotForWriting(ProductId id);
  void Retire(ProductRecord* record);
  void AddLiveBytes(std::ptrdiff_t bytes);

  const std::unique_ptr<Root> root_;
  // Written by the writer alone; atomics only so that any thread may read the figures.
  std::atomic<std::size_t> size_{0};
  std::atomic<std::size_t> live_bytes_{0};

  std::atomic<std::size_t> retired_bytes_{0};
  std::mutex retired_mutex_;  // guards retired_
  std::vector<ProductRecordPtr> retired_;
};

}  // namespace products
