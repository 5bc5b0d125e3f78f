#include "cli/commands/diff.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string_view>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/failure.h"
#include "cli/file_kind.h"
#include "cli/interrupt.h"
#include "cli/product_listing.h"
#include "cli/reject_log.h"
#include "cli/sorted_products.h"
#include "cli/text_width.h"
#include "cli/transfer_progress.h"
#include "core/base/json_text.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

struct Counts {
  std::uint64_t create = 0;
  std::uint64_t update = 0;
  std::uint64_t same = 0;
  std::uint64_t only_on_server = 0;
};

void AppendValue(std::string& out, const std::string& text) { AppendJsonString(out, text); }
void AppendValue(std::string& out, std::int32_t number) { out += std::to_string(number); }

template <typename T>
void AppendChange(std::string& out, std::string_view name, const T& from, const T& to) {
  if (from == to) return;
  out.append(",\"").append(name).append("\":{\"from\":");
  AppendValue(out, from);
  out += ",\"to\":";
  AppendValue(out, to);
  out += '}';
}

std::string RenderUpdate(const Product& from, const Product& to) {
  std::string out = "{\"product_id\":" + std::to_string(to.product_id) + R"(,"change":"update")";
  AppendChange(out, "sku", from.sku, to.sku);
  AppendChange(out, "manufacturer", from.manufacturer, to.manufacturer);
  AppendChange(out, "category_id", from.category_id, to.category_id);
  AppendChange(out, "weight", from.weight, to.weight);
  AppendChange(out, "some_other_id", from.some_other_id, to.some_other_id);
  return out += "}\n";
}

// Goes through the file side by side with what the server has.
class Merge final : public ListingSink {
 public:
  // `differences` may be absent: then they are counted only.
  Merge(SortedProducts& file, std::ostream* differences) : file_(file), differences_(differences) {}

  bool Begin() { return Advance(); }

  bool TakeLines(std::string_view lines, std::size_t) override {
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n') + 1;
      if (!TakeLine(lines.substr(0, end))) return false;
      lines.remove_prefix(end);
    }
    return true;
  }

  // The server has no more.
  bool End() {
    while (has_mine_) {
      if (!Create()) return false;
    }
    return true;
  }

  const Counts& counts() const { return counts_; }
  const Status& status() const { return status_; }
  TransferPoint point() const { return {products_, bytes_}; }

 private:
  bool TakeLine(std::string_view line) {
    ++products_;
    bytes_ += line.size();
    if (has_mine_ && line == my_line_) {
      ++counts_.same;
      return Advance();
    }
    const Result<Product> theirs = ParseProduct(line);
    if (!theirs.ok()) {
      status_ = Error{ErrorCode::kCorrupt,
                      "the server sent what is not a product: " + Printable(theirs.error().message),
                      {}};
      return false;
    }
    while (has_mine_ && mine_.product_id < theirs->product_id) {
      if (!Create()) return false;
    }
    if (!has_mine_ || mine_.product_id != theirs->product_id) {
      ++counts_.only_on_server;
      return true;
    }
    if (mine_ == *theirs) {
      ++counts_.same;
    } else {
      ++counts_.update;
      if (differences_ != nullptr) *differences_ << RenderUpdate(*theirs, mine_);
    }
    return Advance();
  }

  bool Create() {
    ++counts_.create;
    if (differences_ != nullptr) {
      *differences_ << "{\"product_id\":" << mine_.product_id << ",\"change\":\"create\"}\n";
    }
    return Advance();
  }

  bool Advance() {
    if (differences_ != nullptr && !differences_->good()) {
      status_ = Error{ErrorCode::kInvalidArgument, "cannot write standard output", {}};
      return false;
    }
    const Result<bool> has_more = file_.Next(mine_);
    if (!has_more.ok()) {
      status_ = has_more.error();
      return false;
    }
    has_mine_ = *has_more;
    my_line_.clear();
    if (has_mine_) AppendProduct(my_line_, mine_);
    return true;
  }

  SortedProducts& file_;
  std::ostream* const differences_;
  Product mine_;
  std::string my_line_;
  bool has_mine_ = false;
  Counts counts_;
  Status status_;
  std::uint64_t products_ = 0;
  std::uint64_t bytes_ = 0;
};

class DiffWatch final : public StreamWatch {
 public:
  DiffWatch(TransferProgress& progress, const Merge& merge, const Interrupt& interrupt)
      : progress_(progress), merge_(merge), interrupt_(interrupt) {}

  void Tick(MonotonicTime now) override { progress_.Update(merge_.point(), now); }
  int wake_descriptor() const override { return interrupt_.descriptor(); }

 private:
  TransferProgress& progress_;
  const Merge& merge_;
  const Interrupt& interrupt_;
};

void PrintCounts(const CommandContext& context, const Counts& counts, std::uint64_t refused) {
  const auto count = [](std::uint64_t number) { return static_cast<std::int64_t>(number); };
  const std::array<Field, 5> fields = {{{"create", count(counts.create)},
                                        {"update", count(counts.update)},
                                        {"same", count(counts.same)},
                                        {"only_on_server", count(counts.only_on_server)},
                                        {"refused", count(refused)}}};
  const bool is_json = context.settings.output == OutputFormat::kJson;
  PrintRecord(is_json ? context.io.err : context.io.out, context.settings.output, fields);
}

}  // namespace

void AddDiffCommand(CLI::App& root, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<DiffOptions>();
  CLI::App* command =
      root.add_subcommand("diff", "Print what an import of a file would create and change.");
  command
      ->add_option_function<std::string>(
          "FILE", [options](const std::string& file) { options->file = file; },
          "to compare: .ndjson or .csv, gzipped or not; - for standard input; above 64 MiB "
          "sorted by product_id")
      ->required();
  AddText(*command, "--format", "FORMAT", options->format,
          "ndjson or csv (default by the file's name; of - ndjson)");
  AddText(*command, "--rejects", "FILE", options->rejects,
          "write each line that is no product there, with its number and the reason, as NDJSON "
          "(default: the first 5 on standard error)");
  SetHelp(*command,
          {.examples = "  productctl diff products.csv\n"
                       "  productctl diff products.ndjson.gz -o json\n",
           .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                          ExitCode::kUnreachable, ExitCode::kRefusedRows, ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunDiff(*options, context); };
  });
}

Result<ExitCode> RunDiff(const DiffOptions& options, const CommandContext& context) {
  Io& io = context.io;
  const auto usage_error = [&](const Error& error) {
    return PrintUsageError(io, context.err_palette(), "productctl diff", error);
  };
  const Result<FileKind> kind = FileKindOf(options.file, options.format);
  if (!kind.ok()) return usage_error(kind.error());
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  const Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return interrupt.error();
  auto rejects = std::make_unique<RejectLog>("line", RejectLog::Told::kReasonAndText);
  if (options.rejects) {
    if (IsSameFile(*options.rejects, options.file)) {
      return usage_error(
          InvalidArgument("--rejects: " + InputName(options.file) + " is the file that is read"));
    }
    auto opened = RejectLog::Open(*options.rejects, 0, "line");
    if (!opened.ok()) return usage_error(opened.error());
    rejects = std::move(*opened);
  }

  const std::string name = InputName(options.file);
  const std::string endpoint = (*client)->endpoint();
  const bool is_json = context.settings.output == OutputFormat::kJson;
  // Differences on the same screen would run over the line.
  const Terminal terminal = is_json && io.out_terminal.is_terminal() ? Terminal() : io.err_terminal;
  TransferProgress progress(io.err, terminal, "comparing", name + " with " + endpoint, {},
                            context.clock.Now());
  const SortPlan plan{.wake_descriptor = interrupt->descriptor(),
                      .on_progress = [&](std::uint64_t products, std::uint64_t bytes) {
                        progress.Update({products, bytes}, context.clock.Now());
                        return !interrupt->HasCome();
                      }};
  const Result<SortedFile> file = OpenSorted(options.file, kind->format, plan, *rejects);
  if (interrupt->HasCome()) {
    progress.Finish();
    io.err << "interrupted: nothing was compared yet\n";
    return ExitCode::kInterrupted;
  }
  if (!file.ok()) return usage_error(file.error());
  if (const Status flushed = rejects->Flush(); !flushed.ok()) return flushed.error();

  Merge merge(*file->products, is_json ? &io.out : nullptr);
  DiffWatch watch(progress, merge, *interrupt);
  if (!merge.Begin()) return merge.status().error();
  const Result<ListingEnd> end = ListAllProducts(**client, 0, merge, watch);
  if (end.ok() && merge.status().ok()) merge.End();
  progress.Finish();
  if (interrupt->HasCome()) {
    io.err << "interrupted: " << merge.point().products
           << " products of the server were compared\n";
    return ExitCode::kInterrupted;
  }
  // That standard output failed is told by whoever flushes it.
  if (!io.out.good()) return ExitCode::kFailed;
  if (!merge.status().ok()) return merge.status().error();
  if (!end.ok()) return end.error();
  PrintCounts(context, merge.counts(), file->refused);
  rejects->Print(io.err, file->refused);
  return file->refused == 0 ? ExitCode::kDone : ExitCode::kRefusedRows;
}

}  // namespace products::cli
