#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/base/result.h"
#include "server/service/product_group.h"
#include "server/storage/commit_queue.h"
#include "server/storage/product_table.h"

namespace products {

/// Why a write was not begun.
enum class WriteRefusal { kTableFull, kQueueFull, kQueueAge, kStopped };

struct RefusedWrite {
  WriteRefusal reason;
  Error error;
};

/// The use cases of the product: what may be asked of the catalogue and by which rules. Knows
/// nothing of HTTP and nothing of the engine behind the queue. All calls: any thread.
class Catalog {
 public:
  /// A put that would take the table over `max_table_bytes` is refused. References must outlive
  /// this.
  Catalog(const ProductTable& table, CommitQueue& queue, std::uint64_t max_table_bytes)
      : table_(table), queue_(queue), max_table_bytes_(max_table_bytes) {}

  /// Null when absent. The caller holds a ProductTable::ReadGuard for as long as it uses the
  /// record.
  const ProductRecord* Find(ProductId id) const { return table_.Find(id); }

  /// The product with that id or, of the larger ones, the least; null behind the last. As Find.
  const ProductRecord* FindFrom(ProductId id) const { return table_.FindFrom(id); }

  /// Validates `json` as the product of `id`: the record that Put takes. Apart from Put, so that
  /// the waiter can know what is stored before the writer tells it that it is.
  static Result<ProductRecordPtr> MakeRecord(ProductId id, std::string_view json);

  /// Queues a product to be created or replaced. Absent when it is queued: `waiter` is then taken,
  /// and told the outcome once, from the writer thread; that is kConflict when the precondition
  /// does not hold. Refused, the waiter stays the caller's.
  std::optional<RefusedWrite> Put(ProductRecordPtr record, Precondition precondition,
                                  std::unique_ptr<CommitWaiter>&& waiter);

  /// Queues the removal of a product. As Put; the outcome is kNotFound when there is none.
  std::optional<RefusedWrite> Delete(ProductId id, Precondition precondition,
                                     std::unique_ptr<CommitWaiter>&& waiter);

  /// Queues all products of a group, which is not empty, to be created or replaced together. As
  /// Put, but the queue's limits do not apply: the caller has at most a few groups in flight.
  std::optional<RefusedWrite> PutGroup(ProductGroup group, std::unique_ptr<CommitWaiter>&& waiter);

  /// How far the loading at start is; a total of 0 is one that is not known. The starting thread.
  void ReportLoading(std::size_t loaded, std::size_t total);
  /// The table holds what the engine stores: from now on products are served. The starting thread,
  /// once.
  void FinishLoading() { loaded_.store(true, std::memory_order_release); }
  /// Ok when products are served, reads at least; otherwise how far the loading is.
  Status CheckLoaded() const;

  /// Ok while reads and writes are served; otherwise why not, in words for an operator.
  Status CheckReady() const;

  /// From now on CheckReady says that the process is stopping.
  void StartDraining() { draining_.store(true, std::memory_order_relaxed); }

 private:
  const ProductTable& table_;
  CommitQueue& queue_;
  const std::uint64_t max_table_bytes_;
  std::atomic<bool> loaded_{false};
  std::atomic<std::size_t> loading_done_{0};
  std::atomic<std::size_t> loading_total_{0};
  std::atomic<bool> draining_{false};
};

}  // namespace products
