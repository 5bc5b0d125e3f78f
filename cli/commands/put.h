#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/commands/command.h"
#include "core/product/product.h"

namespace products::cli {

struct PutOptions {
  std::optional<ProductId> id;
  std::optional<std::string> sku;
  std::optional<std::string> manufacturer;
  std::optional<std::int32_t> category_id;
  std::optional<std::int32_t> weight;
  std::optional<std::int32_t> some_other_id;
  /// A file with the product's JSON, "-" for standard input; then none of the fields above but id.
  std::optional<std::string> file;
};

void AddPutCommand(CLI::App& root, CommandRun& chosen);

/// Creates or replaces a product. Standard output stays empty; at a terminal one line of standard
/// error says that it is stored.
Result<ExitCode> RunPut(const PutOptions& options, const CommandContext& context);

}  // namespace products::cli
