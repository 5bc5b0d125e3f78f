#include "cli/commands/put.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <fstream>
#include <initializer_list>
#include <istream>
#include <limits>
#include <memory>
#include <ostream>
#include <utility>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/failure.h"
#include "cli/operations.h"
#include "cli/text_width.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

// No server takes a product of this size; keeps a mistaken path from being read whole.
constexpr std::size_t kMaxFileBytes = 1024 * 1024;
constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();

Result<std::string> ReadAll(std::istream& in, const std::string& name) {
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return InvalidArgument("cannot read " + name);
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxFileBytes) return InvalidArgument(name + ": larger than 1 MiB");
  return text;
}

// For messages.
std::string NameOf(const std::string& file) {
  return file == "-" ? "standard input" : Printable(file);
}

Result<std::string> ReadFile(const std::string& path, std::istream& standard_input) {
  const std::string name = NameOf(path);
  if (path == "-") return ReadAll(standard_input, name);
  std::ifstream file(path, std::ios::binary);
  if (!file) return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + name, errno);
  return ReadAll(file, name);
}

Result<Product> ProductOf(const PutOptions& options, const std::string& text) {
  Result<Product> product = options.id ? ParseProduct(text, *options.id) : ParseProduct(text);
  if (product.ok()) return product;
  return InvalidArgument(NameOf(*options.file) + ": " + Printable(product.error().message));
}

// What keeps the flags from being a product.
Status CheckUsage(const PutOptions& options) {
  const bool has_field = options.sku || options.manufacturer || options.category_id ||
                         options.weight || options.some_other_id;
  if (options.file) {
    if (!has_field) return {};
    return InvalidArgument("--file has the whole product; leave the other flags out");
  }
  const std::initializer_list<std::pair<bool, const char*>> required = {
      {options.id.has_value(), "ID"},
      {options.sku.has_value(), "--sku"},
      {options.manufacturer.has_value(), "--manufacturer"},
      {options.category_id.has_value(), "--category-id"},
      {options.some_other_id.has_value(), "--some-other-id"},
  };
  std::string missing;
  for (const auto& [is_given, name] : required) {
    if (!is_given) missing += (missing.empty() ? "" : ", ") + std::string(name);
  }
  if (missing.empty()) return {};
  return InvalidArgument("put needs " + missing + ", or --file");
}

Product ProductOf(const PutOptions& options) {
  return {.product_id = *options.id,
          .sku = *options.sku,
          .manufacturer = *options.manufacturer,
          .category_id = *options.category_id,
          .weight = options.weight.value_or(0),
          .some_other_id = *options.some_other_id};
}

}  // namespace

void AddPutCommand(CLI::App& root, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<PutOptions>();
  CLI::App* command = root.add_subcommand("put", "Create or replace one product.");
  const auto into = [](std::optional<std::int32_t>& target) {
    return [&target](std::int64_t value) { target = static_cast<std::int32_t>(value); };
  };
  AddInteger(*command, "ID", "ID", {kMinProductId, kMaxInt32}, into(options->id),
             "of the product, 1 to 2147483647; may be left out with --file");
  AddText(*command, "--sku", "TEXT", options->sku, "1 to 100 characters");
  AddText(*command, "--manufacturer", "TEXT", options->manufacturer, "1 to 200 characters");
  AddInteger(*command, "--category-id", "N", {1, kMaxInt32}, into(options->category_id),
             "1 to 2147483647");
  AddInteger(*command, "--weight", "N", {0, kMaxInt32}, into(options->weight),
             "in grams, 0 to 2147483647 (default 0)");
  AddInteger(*command, "--some-other-id", "N", {1, kMaxInt32}, into(options->some_other_id),
             "the owner's own number, 1 to 2147483647");
  AddText(*command, "-f,--file", "FILE", options->file,
          "take the product from this file of JSON, - for standard input");
  SetHelp(*command, {.examples = "  productctl put 1 --sku ABC-123-XYZ --manufacturer \"Acme\" \\\n"
                                 "    --category-id 456 --weight 1250 --some-other-id 789\n"
                                 "  productctl put -f product.json\n",
                     .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                                    ExitCode::kUnreachable}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunPut(*options, context); };
  });
}

Result<ExitCode> RunPut(const PutOptions& options, const CommandContext& context) {
  Io& io = context.io;
  const auto usage_error = [&](const Error& error) {
    return PrintUsageError(io, context.err_palette(), "productctl put", error);
  };
  if (const Status status = CheckUsage(options); !status.ok()) return usage_error(status.error());
  Result<Product> product = Product();
  if (options.file) {
    const Result<std::string> text = ReadFile(*options.file, io.in);
    if (!text.ok()) return usage_error(text.error());
    product = ProductOf(options, *text);
    if (!product.ok()) return product.error();
  } else {
    product = ProductOf(options);
  }
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  const Status status = PutProduct(**client, *product);
  if (!status.ok()) return status.error();
  if (io.err_terminal.is_terminal()) io.err << "stored product " << product->product_id << '\n';
  return ExitCode::kDone;
}

}  // namespace products::cli
