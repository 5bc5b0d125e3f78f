#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "core/base/error.h"
#include "server/storage/product_record.h"

namespace products {

/// One product to be stored or, with a null record, removed.
struct Change {
  ProductId id = 0;
  ProductRecordPtr record;
};

/// Where acknowledged products live beyond this process. The product table answers reads, so an
/// engine is asked only at start and by the commit queue's writer.
///
/// All calls come from one thread at a time: the starting thread until the commit queue has one,
/// then the queue's writer.
class Engine {
 public:
  virtual ~Engine() = default;

  /// "memory", ... as in storage.engine and productd_build_info.
  virtual std::string_view name() const = 0;

  /// Hands every stored product to `sink` once, ids ascending. kCorrupt when a record is not what
  /// was written, kUnavailable when the medium does not answer.
  virtual Status Load(const std::function<void(ProductRecordPtr)>& sink) = 0;

  /// Makes the whole batch durable, at the level the engine promises, or none of it. Ids are
  /// ascending and distinct. On failure:
  ///   kOverloaded   nothing was written and a later commit may succeed (disk full);
  ///   anything else the outcome is unknown: the queue takes no write after it.
  virtual Status Commit(std::span<const Change> batch) = 0;
};

}  // namespace products
