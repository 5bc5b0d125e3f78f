#pragma once

#include <cstdint>

#include "cli/commands/command.h"
#include "cli/send.h"
#include "core/product/product.h"

namespace products::cli {

struct SeedOptions {
  std::int64_t count = 1000;
  ProductId start = kMinProductId;
  SendPlan plan;
  std::uint32_t seed = 1;
  bool if_empty = false;
  bool dry_run = false;
  bool verify = false;
};

void AddSeedCommand(CLI::App& root, CommandRun& chosen);

/// Puts a deterministic sample catalogue into the server, by batches where it takes them, and ends
/// with one summary line: "seeded 10000 products in 1.2 s (8333/s), 0 refused", or as an object
/// (json)
///     {"requested":10000,"stored":10000,"refused":0,"failed":0,"skipped":false,"seconds":1.2,
///      "products_per_second":8333.3,"next_id":10001}
/// where next_id is the one to start from to go on, and skipped means --if-empty found products.
/// With --verify all is read back and compared, which "verified":true tells. With --dry-run nothing
/// is sent; json prints the products themselves.
Result<ExitCode> RunSeed(const SeedOptions& options, const CommandContext& context);

}  // namespace products::cli
