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
  /// A file with a product in JSON or YAML, "-" for standard input; the fields above overrule it.
  std::optional<std::string> file;
  /// The ETag that the product must have; not with create_only.
  std::optional<std::string> if_match;
  bool create_only = false;
};

void AddPutCommand(CLI::App& root, CommandRun& chosen);

/// Creates or replaces a product. Standard output stays empty, but for an object in json:
///     {"product_id":7,"etag":"\"abc\""}
/// where etag is that of what was stored, empty when the server sends none. At a terminal one line
/// of standard error says that it is stored.
Result<ExitCode> RunPut(const PutOptions& options, const CommandContext& context);

}  // namespace products::cli
