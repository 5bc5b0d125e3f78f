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

}  // namespace

std::optional<RefusedWrite> Catalog::Put(ProductId id, std::string_view json,
                                         std::unique_ptr<CommitWaiter>&& waiter) {
  const Result<Product> product = ParseProduct(json, id);
  if (!product.ok()) return RefusedWrite{WriteRefusal::kInvalid, product.error()};

  ProductRecordPtr record = ProductRecord::Make(id, RenderProduct(*product));
  if (table_.bytes() + record->footprint() > max_table_bytes_) {
    return Refuse(WriteRefusal::kTableFull, ErrorCode::kOverloaded,
                  "the catalogue has reached its memory limit");
  }
  const std::optional<CommitQueue::Refusal> refusal =
      queue_.Submit({id, std::move(record)}, std::move(waiter));
  if (refusal) return RefusedByQueue(*refusal);
  return std::nullopt;
}

Status Catalog::CheckReady() const {
  if (draining_.load(std::memory_order_relaxed)) {
    return Error{ErrorCode::kUnavailable, "draining", {}};
  }
  if (queue_.figures().stopped) {
    return Error{ErrorCode::kUnavailable, "the storage engine failed; writes are stopped", {}};
  }
  return {};
}

}  // namespace products
