#include "cli/commands/list.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/interrupt.h"
#include "cli/operations.h"
#include "cli/product_fields.h"
#include "cli/record_writer.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

// The contract allows 1000. A product takes up to 1.9 KB, with every character escaped, so that 500
// of the largest are below the megabyte that a client takes as one answer.
constexpr std::int64_t kPageProducts = 500;

// "sku,weight". Empty when all are columns, else what is wrong.
std::string ParseColumns(const std::string& text, std::vector<ProductField>& columns) {
  columns.clear();
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view name = rest.substr(0, comma);
    const std::optional<ProductField> field = FindProductField(name);
    if (!field) return NoSuchFieldText("column", name);
    if (std::find(columns.begin(), columns.end(), *field) != columns.end()) {
      return "column \"" + std::string(name) + "\" is here twice";
    }
    columns.push_back(*field);
    if (comma == std::string_view::npos) return {};
    rest.remove_prefix(comma + 1);
  }
}

class PagePrinter {
 public:
  PagePrinter(const ListOptions& options, const CommandContext& context)
      : columns_(options.columns),
        format_(context.settings.output),
        out_(context.io.out),
        writer_(context.io.out, format_, context.io.out_terminal) {}

  void Print(const CatalogPage& page) {
    if (format_ == OutputFormat::kJson && columns_.empty()) {
      // What a million products cost most; and the bytes are the server's own.
      text_.clear();
      for (const Product& product : page.products) AppendProduct(text_, product);
      out_ << text_;
      return;
    }
    std::vector<RecordWriter::Record> records;
    records.reserve(page.products.size());
    for (const Product& product : page.products) records.push_back(RecordOf(product));
    writer_.Write(records, page.next_after.has_value());
  }

 private:
  RecordWriter::Record RecordOf(const Product& product) const {
    if (columns_.empty()) return FieldsOf(product);
    RecordWriter::Record record;
    record.reserve(columns_.size());
    for (const ProductField field : columns_) record.push_back(FieldOf(product, field));
    return record;
  }

  const std::vector<ProductField>& columns_;
  const OutputFormat format_;
  std::ostream& out_;
  RecordWriter writer_;
  std::string text_;
};

std::string HowToGoOn(const ListOptions& options, const ApiClient& client, ProductId after) {
  // Whole, for it is copied from a log into a shell with other settings.
  std::string line = "to go on: productctl list --endpoint " + client.endpoint() + " --after " +
                     std::to_string(after);
  if (options.all) line += " --all";
  if (!options.columns.empty()) {
    line += " --columns ";
    for (const ProductField field : options.columns) {
      if (!line.ends_with(' ')) line += ',';
      line += ProductFieldName(field);
    }
  }
  return line + '\n';
}

}  // namespace

void AddListCommand(CLI::App& root, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<ListOptions>();
  CLI::App* command = root.add_subcommand("list", "Print the catalogue, or a part of it, by ids.");
  CLI::Option* const limit = AddInteger(
      *command, "--limit", "N", {1, kMaxProductId},
      [options](std::int64_t count) { options->limit = count; }, "products at most (default 100)");
  AddInteger(
      *command, "--after", "ID", {0, kMaxProductId},
      [options](std::int64_t id) { options->after = static_cast<ProductId>(id); },
      "begin behind this id (default 0, the beginning)");
  command->add_flag("--all", options->all, "everything, without a limit")->excludes(limit);
  command
      ->add_option_function<std::string>(
          "--columns",
          [options](const std::string& text) { (void)ParseColumns(text, options->columns); },
          "only these, in this order, such as product_id,sku (default all)")
      ->check([](const std::string& text) {
        std::vector<ProductField> columns;
        return ParseColumns(text, columns);
      })
      ->type_name("A,B");
  SetHelp(*command, {.examples = "  productctl list --limit 20 --columns product_id,sku\n"
                                 "  productctl list --all -o json | gzip > products.ndjson.gz\n",
                     .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                                    ExitCode::kUnreachable, ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunList(*options, context); };
  });
}

Result<ExitCode> RunList(const ListOptions& options, const CommandContext& context) {
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  const Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return interrupt.error();
  PagePrinter printer(options, context);
  std::int64_t left = options.all ? std::numeric_limits<std::int64_t>::max() : options.limit;
  ProductId after = options.after;
  while (true) {
    const auto limit = static_cast<int>(std::min(left, kPageProducts));
    const Result<CatalogPage> page = ListProducts(**client, after, limit, interrupt->descriptor());
    if (interrupt->HasCome()) {
      context.io.err << "interrupted; " << HowToGoOn(options, **client, after);
      return ExitCode::kInterrupted;
    }
    if (!page.ok()) return page.error();
    printer.Print(*page);
    // Also when standard output cannot be written, which app.cc tells.
    if (!FlushToReader(context.io) || !page->next_after) return ExitCode::kDone;
    after = *page->next_after;
    left -= static_cast<std::int64_t>(page->products.size());
    if (left == 0) break;
  }
  if (context.io.err_terminal.is_terminal()) {
    context.io.err << "there are more; " << HowToGoOn(options, **client, after);
  }
  return ExitCode::kDone;
}

}  // namespace products::cli
