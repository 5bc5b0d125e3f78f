#include "server/storage/product_table.h"

#include <urcu/urcu-memb.h>

#include <algorithm>
#include <utility>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace products {
namespace {

// Replaced records that may wait for a grace period before the writer itself runs one.
constexpr std::size_t kMaxRetiredBytes = 64 * 1024 * 1024;

// liburcu's "memb" readers must be registered, each thread once.
class ReaderRegistration {
 public:
  ReaderRegistration() { urcu_memb_register_thread(); }
  ~ReaderRegistration() { urcu_memb_unregister_thread(); }
};

// ThreadSanitizer cannot see that a grace period orders a reader's last access before the free: the
// order comes from membarrier(2). These two say so.
#if defined(__SANITIZE_THREAD__)
int grace_period_order;
void MarkReadsDone() { __tsan_release(&grace_period_order); }
void MarkGracePeriodOver() { __tsan_acquire(&grace_period_order); }
#else
void MarkReadsDone() {}
void MarkGracePeriodOver() {}
#endif

}  // namespace

ProductTable::ReadGuard::ReadGuard() {
  thread_local ReaderRegistration registration;
  urcu_memb_read_lock();
}

ProductTable::ReadGuard::~ReadGuard() {
  MarkReadsDone();
  urcu_memb_read_unlock();
}

ProductTable::Branch::~Branch() {
  for (auto& entry : leaves) {
    Leaf* const leaf = entry.load(std::memory_order_relaxed);
    if (leaf == nullptr) continue;
    for (Slot& slot : leaf->slots) {
      if (ProductRecord* const record = slot.load(std::memory_order_relaxed)) {
        ProductRecordDeleter()(record);
      }
    }
    delete leaf;
  }
}

ProductTable::Root::~Root() {
  for (auto& entry : branches) delete entry.load(std::memory_order_relaxed);
}

ProductTable::ProductTable() : root_(std::make_unique<Root>()), live_bytes_(sizeof(Root)) {}

ProductTable::~ProductTable() = default;

const ProductRecord* ProductTable::Find(ProductId id) const {
  if (id < kMinProductId) return nullptr;
  const auto key = static_cast<std::uint32_t>(id);
  // Acquire pairs with the writer's release: what a pointer leads to is complete.
  const Branch* const branch =
      root_->branches[key >> (kBranchBits + kLeafBits)].load(std::memory_order_acquire);
  if (branch == nullptr) return nullptr;
  const Leaf* const leaf = branch->leaves[(key >> kLeafBits) & ((1U << kBranchBits) - 1)].load(
      std::memory_order_acquire);
  if (leaf == nullptr) return nullptr;
  return leaf->slots[key & ((1U << kLeafBits) - 1)].load(std::memory_order_acquire);
}

const ProductRecord* ProductTable::FindFrom(ProductId id) const {
  auto key = static_cast<std::uint32_t>(std::max(id, kMinProductId));
  // An empty entry is skipped with all the ids below it; beyond the last id the key has a 32nd bit.
  const auto skip_below = [&key](int bits) { key = ((key >> bits) + 1) << bits; };
  while (key <= static_cast<std::uint32_t>(kMaxProductId)) {
    const Branch* const branch =
        root_->branches[key >> (kBranchBits + kLeafBits)].load(std::memory_order_acquire);
    if (branch == nullptr) {
      skip_below(kBranchBits + kLeafBits);
      continue;
    }
    const Leaf* const leaf = branch->leaves[(key >> kLeafBits) & ((1U << kBranchBits) - 1)].load(
        std::memory_order_acquire);
    if (leaf == nullptr) {
      skip_below(kLeafBits);
      continue;
    }
    const ProductRecord* const record =
        leaf->slots[key & ((1U << kLeafBits) - 1)].load(std::memory_order_acquire);
    if (record != nullptr) return record;
    ++key;
  }
  return nullptr;
}

ProductTable::Slot& ProductTable::SlotForWriting(ProductId id) {
  const auto key = static_cast<std::uint32_t>(id);
  auto& branch_entry = root_->branches[key >> (kBranchBits + kLeafBits)];
  Branch* branch = branch_entry.load(std::memory_order_relaxed);
  if (branch == nullptr) {
    branch = new Branch;
    AddLiveBytes(sizeof(Branch));
    branch_entry.store(branch, std::memory_order_release);
  }
  auto& leaf_entry = branch->leaves[(key >> kLeafBits) & ((1U << kBranchBits) - 1)];
  Leaf* leaf = leaf_entry.load(std::memory_order_relaxed);
  if (leaf == nullptr) {
    leaf = new Leaf;
    AddLiveBytes(sizeof(Leaf));
    leaf_entry.store(leaf, std::memory_order_release);
  }
  return leaf->slots[key & ((1U << kLeafBits) - 1)];
}

void ProductTable::Put(ProductRecordPtr record) {
  Slot& slot = SlotForWriting(record->id());
  AddLiveBytes(static_cast<std::ptrdiff_t>(record->footprint()));
  ProductRecord* const replaced = slot.load(std::memory_order_relaxed);
  slot.store(record.release(), std::memory_order_release);
  if (replaced != nullptr) {
    Retire(replaced);
  } else {
    size_.store(size() + 1, std::memory_order_relaxed);
  }
}

bool ProductTable::Erase(ProductId id) {
  {
    // Looked up first: erasing what never was must not grow the radix.
    const ReadGuard guard;
    if (Find(id) == nullptr) return false;
  }
  Slot& slot = SlotForWriting(id);
  ProductRecord* const erased = slot.load(std::memory_order_relaxed);
  slot.store(nullptr, std::memory_order_release);
  size_.store(size() - 1, std::memory_order_relaxed);
  Retire(erased);
  return true;
}

void ProductTable::Retire(ProductRecord* record) {
  AddLiveBytes(-static_cast<std::ptrdiff_t>(record->footprint()));
  retired_bytes_.fetch_add(record->footprint(), std::memory_order_relaxed);
  {
    const std::lock_guard lock(retired_mutex_);
    retired_.emplace_back(record);
  }
  if (retired_bytes() > kMaxRetiredBytes) Reclaim();
}

void ProductTable::AddLiveBytes(std::ptrdiff_t bytes) {
  live_bytes_.store(live_bytes_.load(std::memory_order_relaxed) + static_cast<std::size_t>(bytes),
                    std::memory_order_relaxed);
}

std::size_t ProductTable::Reclaim() {
  std::vector<ProductRecordPtr> unreachable;
  {
    const std::lock_guard lock(retired_mutex_);
    unreachable.swap(retired_);
  }
  if (unreachable.empty()) return 0;
  urcu_memb_synchronize_rcu();
  MarkGracePeriodOver();
  std::size_t bytes = 0;
  for (const ProductRecordPtr& record : unreachable) bytes += record->footprint();
  retired_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  return unreachable.size();
}

}  // namespace products
