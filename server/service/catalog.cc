#include "server/service/catalog.h"

#include <string>
#include <utility>

#include "core/product/product_json.h"

namespace products {
namespace {

RefusedWrite Refuse(WriteRefusal reason, ErrorCode code, std::string message) {
  return {reason, {code, std::move(message), {}}};
}

RefusedWrite RefusedByQueue(CommitQueue::Refusal refusal) {
  switch (refusal) {
    case CommitQueue::Refusal::kFull:
      return Refuse(WriteRefusal::kQueueFull, ErrorCode::kOverloaded,
                    "too many writes are waiting");
    case CommitQueue::Refusal::kTooOld:
      return Refuse(WriteRefusal::kQueueAge, ErrorCode::kOverloaded,
                    "writes are waiting for too long");
    case CommitQueue::Refusal::kStopped:
      break;
  }
  return Refuse(WriteRefusal::kStopped, ErrorCode::kUnavailable, "writes are stopped");
}

RefusedWrite RefusedByTable() {
  return Refuse(WriteRefusal::kTableFull, ErrorCode::kOverloaded,
                "the catalogue has reached its memory limit");
}

std::optional<RefusedWrite> Outcome(std::optional<CommitQueue::Refusal> refusal) {
  if (refusal) return RefusedByQueue(*refusal);
  return std::nullopt;
}

}  // namespace

Result<ProductRecordPtr> Catalog::MakeRecord(ProductId id, std::string_view json) {
  const Result<Product> product = ParseProduct(json, id);
  if (!product.ok()) return product.error();
  return ProductRecord::Make(id, RenderProduct(*product));
}

std::optional<RefusedWrite> Catalog::Put(ProductRecordPtr record, Precondition precondition,
                                         std::unique_ptr<CommitWaiter>&& waiter) {
  const ProductId id = record->id();
  if (table_.bytes() + record->footprint() > max_table_bytes_) return RefusedByTable();
  return Outcome(
      queue_.Submit({id, std::move(record)}, std::move(waiter), std::move(precondition)));
}

std::optional<RefusedWrite> Catalog::Delete(ProductId id, Precondition precondition,
                                            std::unique_ptr<CommitWaiter>&& waiter) {
  return Outcome(queue_.Submit({id, nullptr}, std::move(waiter), std::move(precondition)));
}

std::optional<RefusedWrite> Catalog::PutGroup(ProductGroup group,
                                              std::unique_ptr<CommitWaiter>&& waiter) {
  if (table_.bytes() + group.bytes() > max_table_bytes_) return RefusedByTable();
  return Outcome(queue_.SubmitGroup(group.TakeChanges(), std::move(waiter)));
}

void Catalog::ReportLoading(std::size_t loaded, std::size_t total) {
  loading_done_.store(loaded, std::memory_order_relaxed);
  loading_total_.store(total, std::memory_order_relaxed);
}

Status Catalog::CheckLoaded() const {
  // Acquire pairs with FinishLoading: who is told yes finds all that was loaded.
  if (loaded_.load(std::memory_order_acquire)) return {};
  const std::size_t total = loading_total_.load(std::memory_order_relaxed);
  std::string progress = std::to_string(loading_done_.load(std::memory_order_relaxed));
  if (total > 0) progress += " of " + std::to_string(total);
  return Error{ErrorCode::kUnavailable, "loading: " + progress + " products", {}};
}

Status Catalog::CheckReady() const {
  if (draining_.load(std::memory_order_relaxed)) {
    return Error{ErrorCode::kUnavailable, "draining", {}};
  }
  const Status loaded = CheckLoaded();
  if (!loaded.ok()) return loaded;
  if (queue_.figures().stopped) {
    return Error{ErrorCode::kUnavailable, "the storage engine failed; writes are stopped", {}};
  }
  return {};
}

}  // namespace products
