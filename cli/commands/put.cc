#include "cli/commands/put.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <memory>
#include <ostream>
#include <utility>
#include <variant>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/etag.h"
#include "cli/failure.h"
#include "cli/operations.h"
#include "cli/product_file.h"
#include "cli/text_file.h"
#include "core/product/product_draft.h"
#include "core/product/product_field.h"

namespace products::cli {
namespace {

// No server takes a product of this size; keeps a mistaken path from being read whole.
constexpr std::size_t kMaxFileBytes = std::size_t{1024} * 1024;
constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();

// What keeps the flags from being a product.
Status CheckUsage(const PutOptions& options) {
  if (options.if_match && options.create_only) {
    return InvalidArgument("--if-match and --create-only exclude each other");
  }
  if (options.file) return {};
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

ProductDraft DraftOf(const ProductFile& file, const PutOptions& options) {
  const auto integer = [&file](ProductField field) {
    const auto found = file.values.find(field);
    return found == file.values.end() ? std::nullopt
                                      : std::optional(std::get<std::int64_t>(found->second.value));
  };
  const auto text = [&file](ProductField field) {
    const auto found = file.values.find(field);
    return found == file.values.end() ? std::string() : std::get<std::string>(found->second.value);
  };
  const auto overruled = [](const auto& flag, std::optional<std::int64_t> value) {
    return flag ? *flag : value.value_or(0);
  };
  return {
      .product_id = integer(ProductField::kProductId),
      .sku = options.sku ? *options.sku : text(ProductField::kSku),
      .manufacturer =
          options.manufacturer ? *options.manufacturer : text(ProductField::kManufacturer),
      .category_id = overruled(options.category_id, integer(ProductField::kCategoryId)),
      .weight = overruled(options.weight, integer(ProductField::kWeight)),
      .some_other_id = overruled(options.some_other_id, integer(ProductField::kSomeOtherId)),
  };
}

// A rule that does not hold, with the place of the value it speaks of; without one where that is
// missing.
Error BrokenRule(const ProductFile& file, const std::string& rule) {
  for (const auto& [field, value] : file.values) {
    if (rule.starts_with(std::string(ProductFieldName(field)) + " ")) {
      return ErrorAt(file, value.place, rule);
    }
  }
  return InvalidArgument(file.name + ": " + rule);
}

Result<Product> ProductOf(const ProductFile& file, const PutOptions& options) {
  ProductDraft draft = DraftOf(file, options);
  Result<Product> product = options.id ? ValidateForPath(std::move(draft), *options.id)
                                       : ValidateWithOwnId(std::move(draft));
  if (product.ok()) return product;
  const std::string& rule = product.error().message;
  if (rule == "product_id must match productId in the path") {
    return BrokenRule(
        file, "product_id is another than the ID of the command, " + std::to_string(*options.id));
  }
  return BrokenRule(file, rule);
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
          "take the product from this file of JSON or YAML, - for standard input; other flags "
          "overrule its fields");
  AddText(*command, "--if-match", "ETAG", options->if_match,
          "replace it only if it still has this ETag (get --etag prints it)");
  command->add_flag("--create-only", options->create_only, "do nothing if it is there already");
  SetHelp(*command, {.examples = "  productctl put 1 --sku ABC-123-XYZ --manufacturer \"Acme\" \\\n"
                                 "    --category-id 456 --weight 1250 --some-other-id 789\n"
                                 "  productctl put -f product.yaml --weight 1300\n",
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
  // --help does not say what is wrong in a file.
  const auto file_error = [&](const Error& error) {
    PrintFailure(io, context.err_palette(), error);
    return ExitCode::kUsage;
  };
  if (const Status status = CheckUsage(options); !status.ok()) return usage_error(status.error());
  const Result<std::string> if_match =
      options.if_match ? ParseEtag(*options.if_match) : std::string();
  if (!if_match.ok()) return usage_error(if_match.error());
  Product product;
  if (options.file) {
    Result<std::string> text = ReadInput(*options.file, io.in, kMaxFileBytes);
    if (!text.ok()) return usage_error(text.error());
    const Result<ProductFile> file = ParseProductFile(NameOfInput(*options.file), std::move(*text));
    if (!file.ok()) return file_error(file.error());
    Result<Product> of_file = ProductOf(*file, options);
    if (!of_file.ok()) return file_error(of_file.error());
    product = std::move(*of_file);
  } else {
    product = ProductOf(options);
  }
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  const Result<std::string> etag =
      PutProduct(**client, product, {.if_match = *if_match, .create_only = options.create_only});
  if (!etag.ok()) return etag.error();
  if (context.settings.output == OutputFormat::kJson) {
    const std::array<Field, 2> fields = {
        {{"product_id", std::int64_t{product.product_id}}, {"etag", *etag}}};
    PrintRecord(io.out, OutputFormat::kJson, fields);
  }
  if (io.err_terminal.is_terminal()) io.err << "stored product " << product.product_id << '\n';
  return ExitCode::kDone;
}

}  // namespace products::cli
