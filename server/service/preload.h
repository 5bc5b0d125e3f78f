#pragma once

#include <cstdint>
#include <string>

#include "core/base/error.h"
#include "server/storage/engine.h"
#include "server/storage/product_table.h"

namespace products {

/// Fills an empty catalogue, engine and table, with the products of a file: NDJSON, plain or
/// gzipped, a product with its product_id a line; of equal ids the last one stays, blank lines are
/// skipped. All of them or none: the error names the first bad line ("FILE, line 3: sku is
/// required") and nothing is stored. kTooLarge when they take more than `max_table_bytes`, kTimeout
/// when `progress` ended it. The starting thread, before the queue has had a change.
Status Preload(const std::string& file, std::uint64_t max_table_bytes, Engine& engine,
               ProductTable& table, const ProgressSink& progress);

}  // namespace products
