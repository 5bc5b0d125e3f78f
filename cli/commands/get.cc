#include "cli/commands/get.h"

#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/operations.h"
#include "cli/product_fields.h"
#include "cli/record_writer.h"

namespace products::cli {
namespace {

RecordWriter::Record RecordOf(const TaggedProduct& product, bool with_etag) {
  RecordWriter::Record record = FieldsOf(product.product);
  if (with_etag) record.push_back({"etag", product.etag});
  return record;
}

}  // namespace

void AddGetCommand(CLI::App& root, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<GetOptions>();
  CLI::App* command = root.add_subcommand("get", "Print products by their ids.");
  AddIntegers(
      *command, "ID", "ID...", {kMinProductId, kMaxProductId},
      [options](std::int64_t id) { options->ids.push_back(static_cast<ProductId>(id)); },
      "of the products, 1 to 2147483647 each")
      ->required();
  command->add_flag("--etag", options->with_etag,
                    "print the ETag too, for --if-match of put and delete");
  SetHelp(*command,
          {.examples = "  productctl get 1\n"
                       "  productctl get 1 7 99 -o json\n",
           .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage, ExitCode::kNotFound,
                          ExitCode::kUnreachable, ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunGet(*options, context); };
  });
}

Result<ExitCode> RunGet(const GetOptions& options, const CommandContext& context) {
  Io& io = context.io;
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  // By index: the answers come in any order.
  std::vector<std::optional<Result<TaggedProduct>>> answers(options.ids.size());
  std::optional<Result<Interrupt>> interrupt;
  // A single one may simply die, and is spared the cost.
  if (options.ids.size() > 1) {
    interrupt.emplace(Interrupt::Watch());
    if (!interrupt->ok()) return interrupt->error();
  }
  GetProducts(
      **client, options.ids,
      [&answers](std::size_t index, Result<TaggedProduct> product) {
        answers[index] = std::move(product);
      },
      interrupt ? (*interrupt)->descriptor() : -1);

  std::vector<RecordWriter::Record> records;
  std::vector<Error> missing;
  std::optional<Error> failure;
  for (const auto& answer : answers) {
    if (!answer) continue;
    if (answer->ok()) {
      if (!failure) records.push_back(RecordOf(**answer, options.with_etag));
    } else if (answer->error().code == ErrorCode::kNotFound) {
      missing.push_back(answer->error());
    } else if (!failure) {
      failure = answer->error();
    }
  }
  if (options.ids.size() == 1 && !records.empty()) {
    PrintRecord(io.out, context.settings.output, records[0]);
  } else {
    RecordWriter(io.out, context.settings.output, io.out_terminal).Write(records, false);
  }
  FlushToReader(io);
  if (interrupt && (*interrupt)->HasCome()) {
    io.err << "interrupted: " << records.size() << " of " << options.ids.size()
           << " products had come\n";
    return ExitCode::kInterrupted;
  }
  if (failure) return *failure;
  if (missing.empty()) return ExitCode::kDone;
  if (options.ids.size() == 1) return missing[0];
  for (const Error& error : missing) {
    io.err << context.err_palette().Error("productctl:") << ' ' << error.message << '\n';
  }
  return ExitCode::kNotFound;
}

}  // namespace products::cli
