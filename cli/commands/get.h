#pragma once

#include "cli/commands/command.h"
#include "core/product/product.h"

namespace products::cli {

struct GetOptions {
  ProductId id = 0;
};

void AddGetCommand(CLI::App& root, CommandRun& chosen);

/// Prints the product: label and value a line (table), its object (json), its values (plain).
Result<ExitCode> RunGet(const GetOptions& options, const CommandContext& context);

}  // namespace products::cli
