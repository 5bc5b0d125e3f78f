#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/commands/command.h"
#include "core/product/product.h"

namespace products::cli {

struct DeleteOptions {
  std::vector<ProductId> ids;
  /// A file of ids, "-" for standard input; then no `ids`.
  std::optional<std::string> from;
  /// The ETag that the product must have; then exactly one id.
  std::optional<std::string> if_match;
};

void AddDeleteCommand(CLI::App& root, CommandRun& chosen);

/// Deletes products. One is deleted quietly but for a line of standard error at a terminal; several
/// end with a summary line, "deleted 2 of 3 products, 1 not found". Either is an object in json:
///     {"requested":3,"deleted":2,"missing":1,"failed":0}
/// The missing make the exit code kNotFound, the refused kRefusedRows.
Result<ExitCode> RunDelete(const DeleteOptions& options, const CommandContext& context);

}  // namespace products::cli
