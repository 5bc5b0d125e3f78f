#pragma once

#include <cstdint>
#include <vector>

#include "cli/commands/command.h"
#include "core/product/product.h"
#include "core/product/product_field.h"

namespace products::cli {

struct ListOptions {
  /// Products at most, in as many pages as that takes.
  std::int64_t limit = 100;
  /// No limit.
  bool all = false;
  /// The id behind which the list begins; 0 is the beginning.
  ProductId after = 0;
  /// Empty: all.
  std::vector<ProductField> columns;
};

void AddListCommand(CLI::App& root, CommandRun& chosen);

/// Prints the catalogue, ids ascending, page by page as they come. A table's columns are measured
/// on the first page. When the reader of standard output leaves, the list ends and is done. At a
/// terminal standard error tells how to go on behind a limit.
Result<ExitCode> RunList(const ListOptions& options, const CommandContext& context);

}  // namespace products::cli
