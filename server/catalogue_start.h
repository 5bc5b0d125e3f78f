#pragma once

#include <functional>
#include <memory>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "server/config/config.h"
#include "server/service/catalog.h"
#include "server/storage/engine.h"
#include "server/storage/product_table.h"

namespace products {

/// The engine that the configuration names.
Result<std::unique_ptr<Engine>> OpenEngine(const Config::Storage& storage);

/// Fills the table with what the engine stores or, when that is nothing, with storage.preload, and
/// lets the catalogue serve it. Says each second in the log how far it is, and all the time to
/// `catalog`. kTooLarge when the products take more than storage.max_table_bytes, which is then a
/// figure and not the 0 for three quarters of the memory; kTimeout once `stop_requested` says so.
Status LoadCatalogue(const Config::Storage& storage, Engine& engine, ProductTable& table,
                     Catalog& catalog, const Clock& clock, Logger& log,
                     const std::function<bool()>& stop_requested);

}  // namespace products
