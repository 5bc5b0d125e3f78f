#include "cli/commands/get.h"

#include <CLI/CLI.hpp>
#include <array>
#include <memory>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/operations.h"

namespace products::cli {

void AddGetCommand(CLI::App& root, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<GetOptions>();
  CLI::App* command = root.add_subcommand("get", "Print one product.");
  AddInteger(
      *command, "ID", "ID", {kMinProductId, kMaxProductId},
      [options](std::int64_t id) { options->id = static_cast<ProductId>(id); },
      "of the product, 1 to 2147483647")
      ->required();
  SetHelp(*command, {.examples = "  productctl get 1\n"
                                 "  productctl get 1 -o json\n",
                     .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                                    ExitCode::kNotFound, ExitCode::kUnreachable}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunGet(*options, context); };
  });
}

Result<ExitCode> RunGet(const GetOptions& options, const CommandContext& context) {
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  const Result<Product> product = GetProduct(**client, options.id);
  if (!product.ok()) return product.error();
  const std::array<Field, 6> fields = {{
      {"product_id", std::int64_t{product->product_id}},
      {"sku", product->sku},
      {"manufacturer", product->manufacturer},
      {"category_id", std::int64_t{product->category_id}},
      {"weight", std::int64_t{product->weight}},
      {"some_other_id", std::int64_t{product->some_other_id}},
  }};
  PrintRecord(context.io.out, context.settings.output, fields);
  return ExitCode::kDone;
}

}  // namespace products::cli
