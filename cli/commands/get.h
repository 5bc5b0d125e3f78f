#pragma once

#include <vector>

#include "cli/commands/command.h"
#include "core/product/product.h"

namespace products::cli {

struct GetOptions {
  std::vector<ProductId> ids;  ///< at least one
  bool with_etag = false;
};

void AddGetCommand(CLI::App& root, CommandRun& chosen);

/// Prints the products in the order of their ids. One is label and value a line (table), its object
/// (json), its values (plain); several are a table of a line each, or a line of json or plain each.
/// Those that are missing are named on standard error, and the exit code is kNotFound; what else
/// goes wrong ends it, once those before it are printed.
Result<ExitCode> RunGet(const GetOptions& options, const CommandContext& context);

}  // namespace products::cli
