#pragma once

#include <cstddef>
#include <cstdint>

#include "cli/commands/command.h"
#include "core/product/product.h"

namespace products::cli {

struct SeedOptions {
  std::int64_t count = 1000;
  ProductId start = kMinProductId;
  std::size_t concurrency = 8;
  double rate = 0.0;
  std::uint32_t seed = 1;
  bool if_empty = false;
};

void AddSeedCommand(CLI::App& root, CommandRun& chosen);

/// Puts a deterministic sample catalogue into the server, product after product, and ends with one
/// summary line: "seeded 10000 products in 1.2 s (8333/s), 0 refused", or as an object (json)
///     {"requested":10000,"stored":10000,"refused":0,"failed":0,"skipped":false,"seconds":1.2,
///      "products_per_second":8333.3,"next_id":10001}
/// where next_id is the one to start from to go on, and skipped means --if-empty found products.
Result<ExitCode> RunSeed(const SeedOptions& options, const CommandContext& context);

}  // namespace products::cli
