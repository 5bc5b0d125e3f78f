#include "cli/commands/export.h"

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <ostream>
#include <string_view>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/duration.h"
#include "cli/failure.h"
#include "cli/file_kind.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "cli/product_csv.h"
#include "cli/product_listing.h"
#include "cli/text_width.h"
#include "cli/transfer_progress.h"
#include "core/base/parse.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

// Writes what comes, and counts it.
class ExportSink final : public ListingSink {
 public:
  ExportSink(OutputFile& file, FileFormat format) : file_(file), format_(format) {}

  Status Begin() {
    if (format_ == FileFormat::kNdjson) return {};
    AppendCsvHeader(rows_);
    return file_.Write(rows_);
  }

  bool TakeLines(std::string_view lines, std::size_t count) override {
    products_ += count;
    bytes_ += lines.size();
    status_ = format_ == FileFormat::kNdjson ? file_.Write(lines) : WriteRows(lines);
    return status_.ok();
  }

  /// Why it ended the listing.
  const Status& status() const { return status_; }
  TransferPoint point() const { return {products_, bytes_}; }

 private:
  Status WriteRows(std::string_view lines) {
    rows_.clear();
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      const Result<Product> product = ParseProduct(lines.substr(0, end));
      if (!product.ok()) {
        return Error{ErrorCode::kCorrupt,
                     "the server sent what is not a product: " + Printable(product.error().message),
                     {}};
      }
      AppendCsvProduct(rows_, *product);
      lines.remove_prefix(end + 1);
    }
    return file_.Write(rows_);
  }

  OutputFile& file_;
  const FileFormat format_;
  std::string rows_;
  std::uint64_t products_ = 0;
  std::uint64_t bytes_ = 0;
  Status status_;
};

class ExportWatch final : public StreamWatch {
 public:
  ExportWatch(TransferProgress& progress, const ExportSink& sink, const Interrupt& interrupt)
      : progress_(progress), sink_(sink), interrupt_(interrupt) {}

  void Tick(MonotonicTime now) override { progress_.Update(sink_.point(), now); }
  int wake_descriptor() const override { return interrupt_.descriptor(); }

 private:
  TransferProgress& progress_;
  const ExportSink& sink_;
  const Interrupt& interrupt_;
};

// How many there are, for the progress: as the metrics have it, absent where they do not tell.
std::optional<std::uint64_t> FindProductCount(ApiClient& client) {
  constexpr std::string_view kName = "\nproductd_products ";
  const Result<Answer> answer = client.Exchange({Method::kGet, "/metrics", {}});
  if (!answer.ok() || answer->status != 200) return std::nullopt;
  const std::size_t at = answer->body.find(kName);
  if (at == std::string::npos) return std::nullopt;
  const std::string_view rest = std::string_view(answer->body).substr(at + kName.size());
  const std::optional<double> count = ParseDouble(rest.substr(0, rest.find('\n')));
  if (!count || *count < 0.0 || *count > kMaxProductId) return std::nullopt;
  return static_cast<std::uint64_t>(*count);
}

void PrintSummary(const ExportOptions& options, const CommandContext& context,
                  const TransferPoint& point, std::uint64_t file_bytes,
                  std::chrono::nanoseconds elapsed) {
  const bool is_to_stdout = options.file == "-";
  std::ostream& out = is_to_stdout ? context.io.err : context.io.out;
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const double per_second = seconds > 0.0 ? static_cast<double>(point.products) / seconds : 0.0;
  if (context.settings.output == OutputFormat::kJson) {
    const std::array<Field, 4> fields = {{
        {"products", static_cast<std::int64_t>(point.products)},
        {"bytes", static_cast<std::int64_t>(file_bytes)},
        {"seconds", std::round(seconds * 1000.0) / 1000.0},
        {"products_per_second", std::round(per_second * 10.0) / 10.0},
    }};
    PrintRecord(out, OutputFormat::kJson, fields);
    return;
  }
  out << "exported " << point.products << " products in " << RenderDuration(elapsed) << " ("
      << std::llround(per_second) << "/s), " << RenderBytes(file_bytes) << std::endl;
}

}  // namespace

void AddExportCommand(CLI::App& root, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<ExportOptions>();
  CLI::App* command =
      root.add_subcommand("export", "Write all products of the server into a file.");
  command
      ->add_option_function<std::string>(
          "FILE", [options](const std::string& file) { options->file = file; },
          "to write: .ndjson or .csv, also with .gz; - for standard output")
      ->required();
  AddText(*command, "--format", "FORMAT", options->format,
          "ndjson or csv (default by the file's name; of - ndjson)");
  SetHelp(*command, {.examples = "  productctl export products.ndjson.gz\n"
                                 "  productctl export - --format csv | head\n",
                     .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                                    ExitCode::kUnreachable, ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunExport(*options, context); };
  });
}

Result<ExitCode> RunExport(const ExportOptions& options, const CommandContext& context) {
  Io& io = context.io;
  const auto usage_error = [&](const Error& error) {
    return PrintUsageError(io, context.err_palette(), "productctl export", error);
  };
  const Result<FileKind> kind = FileKindOf(options.file, options.format);
  if (!kind.ok()) return usage_error(kind.error());
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  // Products on the same screen would run over the line.
  const bool shows_progress = options.file != "-" || !io.out_terminal.is_terminal();
  const Terminal terminal = shows_progress ? io.err_terminal : Terminal();
  TransferTotals totals;
  if (terminal.is_terminal()) totals.products = FindProductCount(**client);

  const Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return interrupt.error();
  const auto file = OutputFile::Create(
      options.file, kind->is_gzipped ? OutputFile::Packing::kGzip : OutputFile::Packing::kNone,
      io.out);
  if (!file.ok()) return usage_error(file.error());

  const MonotonicTime start = context.clock.Now();
  ExportSink sink(**file, kind->format);
  TransferProgress progress(
      io.err, terminal, "exporting",
      "products of " + (*client)->endpoint() + " to " + OutputName(options.file), totals, start);
  ExportWatch watch(progress, sink, *interrupt);
  if (const Status begun = sink.Begin(); !begun.ok()) return begun.error();
  const Result<ListingEnd> end = ListAllProducts(**client, 0, sink, watch);
  progress.Finish();
  if (interrupt->HasCome()) {
    io.err << "interrupted" << (options.file == "-" ? "" : "; no file was written") << '\n';
    return ExitCode::kInterrupted;
  }
  // That standard output failed is told by whoever flushes it.
  if (!io.out.good()) return ExitCode::kFailed;
  if (!sink.status().ok()) return sink.status().error();
  if (!end.ok()) return end.error();
  const Status committed = (*file)->Commit();
  if (!io.out.good()) return ExitCode::kFailed;
  if (!committed.ok()) return committed.error();
  PrintSummary(options, context, sink.point(), (*file)->bytes(), context.clock.Now() - start);
  return ExitCode::kDone;
}

}  // namespace products::cli
