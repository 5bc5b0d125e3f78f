#include "cli/commands/import.h"

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <ostream>
#include <string_view>
#include <utility>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/commands/send_flags.h"
#include "cli/duration.h"
#include "cli/failure.h"
#include "cli/file_kind.h"
#include "cli/import_state.h"
#include "cli/interrupt.h"
#include "cli/product_reader.h"
#include "cli/reject_log.h"
#include "cli/text_width.h"
#include "cli/transfer_progress.h"

namespace products::cli {
namespace {

// How much is sent again at most when the process is killed: a batch, or a second.
constexpr std::chrono::seconds kSaveInterval{1};
constexpr std::uint64_t kSaveLines = 50'000;

// The products of a file; what is none goes to the log and is counted.
class FileFeed final : public ProductFeed {
 public:
  FileFeed(ProductReader& reader, std::uint64_t first_line, RejectLog& rejects)
      : reader_(reader), rejects_(rejects), next_line_(first_line) {
    reader_.StartAt(first_line);
  }

  bool Next(Product& product) override {
    while (failure_.ok()) {
      const Result<bool> is_row = reader_.Next(row_);
      if (!is_row.ok()) failure_ = is_row.error();
      if (!is_row.ok() || !*is_row) return false;
      next_line_ = row_.line + 1;
      if (row_.status.ok()) {
        std::swap(product, row_.product);
        return true;
      }
      ++rejected_;
      rejects_.Add(row_.line, row_.status.error().message, row_.text);
    }
    return false;
  }
  std::uint64_t position() const override { return row_.line; }
  std::uint64_t next_position() const override { return next_line_; }
  bool may_wait() const override { return reader_.file().may_wait(); }

  std::uint64_t rejected() const { return rejected_; }
  const Status& failure() const { return failure_; }

 private:
  ProductReader& reader_;
  RejectLog& rejects_;
  ProductRow row_;
  std::uint64_t next_line_;
  std::uint64_t rejected_ = 0;
  Status failure_;
};

struct Outcome {
  SendTally tally;  // refused: here and there
  std::uint64_t next_line = 1;
  std::chrono::nanoseconds elapsed{0};
  Status failure;  // of the file, or of what is written beside it
  bool was_interrupted = false;
  bool can_resume = false;

  bool EndedEarly() const { return was_interrupted || tally.stopped_by || !failure.ok(); }
};

// Where an import begins, and where it writes down how far it is.
struct Course {
  std::uint64_t first_line = 1;
  std::optional<FileIdentity> identity;  // absent for what cannot be resumed
  std::string state_path;
};

class ImportObserver final : public SendObserver {
 public:
  ImportObserver(const CommandContext& context, const Course& course, std::string endpoint,
                 ProductReader& reader, RejectLog& rejects, TransferProgress& progress)
      : context_(context),
        course_(course),
        endpoint_(std::move(endpoint)),
        reader_(reader),
        rejects_(rejects),
        progress_(progress),
        last_save_(context.clock.Now()) {}

  void NotStored(std::uint64_t position, std::string_view json, std::string_view reason) override {
    rejects_.Add(position, reason, json);
  }
  void Tick(const SendTally& tally, MonotonicTime now) override {
    progress_.Update({tally.done(), reader_.file().bytes_read()}, now);
  }
  bool Settled(std::uint64_t position) override {
    const MonotonicTime now = context_.clock.Now();
    const bool is_due = now - last_save_ >= kSaveInterval || position - last_line_ >= kSaveLines;
    if (!is_due && is_saved_) return true;
    last_save_ = now;
    last_line_ = position;
    Save(position);
    return status_.ok();
  }

  // Refusals first: what is behind the line of the state is not told of again.
  void Save(std::uint64_t position) {
    if (status_.ok()) status_ = rejects_.Flush();
    if (!status_.ok() || !course_.identity || !can_save_) return;
    const Status saved =
        SaveImportState(course_.state_path, {endpoint_, *course_.identity, position});
    is_saved_ = can_save_ = saved.ok();
    if (saved.ok()) return;
    progress_.Finish();
    context_.io.err << saved.error().message << " (" << saved.error().detail
                    << "): the import goes on, but --resume will not work\n";
  }

  bool is_saved() const { return is_saved_; }
  const Status& status() const { return status_; }

 private:
  const CommandContext& context_;
  const Course& course_;
  const std::string endpoint_;
  ProductReader& reader_;
  RejectLog& rejects_;
  TransferProgress& progress_;
  MonotonicTime last_save_;
  std::uint64_t last_line_ = 0;
  bool can_save_ = true;
  bool is_saved_ = false;
  Status status_;
};

// kInvalidArgument when --resume is asked for and cannot be.
Result<Course> PlotCourse(const ImportOptions& options, const InputFile& file,
                          const std::string& endpoint, std::ostream& err) {
  Course course;
  // It has no name under which it could be read again, even where it is a file.
  if (options.file == "-") return course;
  const auto identity = file.Identify();
  if (!identity.ok()) return identity.error();
  course.identity = *identity;
  course.state_path = ImportStatePath(options.file);
  if (!options.resume) return course;
  const auto state = LoadImportState(course.state_path);
  if (!state.ok()) return state.error();
  const std::string name = InputName(options.file);
  if (!state->has_value()) {
    err << name << ": no import to resume; beginning with line 1\n";
    return course;
  }
  if ((*state)->endpoint != endpoint) {
    return InvalidArgument(name + ": the import to resume went to " +
                           Printable((*state)->endpoint));
  }
  if ((*state)->identity != course.identity) {
    return InvalidArgument(name + ": the file has changed since the import that is to be resumed");
  }
  course.first_line = (*state)->next_line;
  err << name << ": resuming at line " << course.first_line << '\n';
  return course;
}

Outcome CheckOnly(ProductReader& reader, RejectLog& rejects, TransferProgress& progress,
                  const CommandContext& context, const Interrupt& interrupt) {
  FileFeed feed(reader, 1, rejects);
  Outcome outcome;
  Product product;
  while (feed.Next(product)) {
    ++outcome.tally.stored;
    if (outcome.tally.stored % 1024 != 0) continue;
    progress.Update({outcome.tally.stored, reader.file().bytes_read()}, context.clock.Now());
    if (interrupt.HasCome()) break;
  }
  outcome.tally.refused = feed.rejected();
  outcome.next_line = feed.next_position();
  outcome.failure = feed.failure();
  if (outcome.failure.ok()) outcome.failure = rejects.Flush();
  return outcome;
}

Outcome SendFile(const ImportOptions& options, const CommandContext& context, SendMode mode,
                 const Course& course, ApiClient& client, ProductReader& reader, RejectLog& rejects,
                 TransferProgress& progress, const Interrupt& interrupt) {
  FileFeed feed(reader, course.first_line, rejects);
  ImportObserver observer(context, course, client.endpoint(), reader, rejects, progress);
  const SendOutcome sent =
      Send(options.plan, mode, client, feed, observer, context.clock, interrupt.descriptor());
  Outcome outcome;
  outcome.tally = sent.tally;
  outcome.tally.refused += feed.rejected();
  outcome.next_line = sent.first_unfinished;
  outcome.was_interrupted = interrupt.HasCome();
  outcome.failure = observer.status().ok() ? feed.failure() : observer.status();
  if (outcome.EndedEarly()) {
    if (outcome.next_line > course.first_line) observer.Save(outcome.next_line);
    outcome.can_resume = observer.is_saved() || course.first_line > 1;
  } else {
    outcome.failure = rejects.Flush();
    if (course.identity) RemoveImportState(course.state_path);
  }
  return outcome;
}

double PerSecond(const Outcome& outcome) {
  const double seconds = std::chrono::duration<double>(outcome.elapsed).count();
  return seconds > 0.0 ? static_cast<double>(outcome.tally.stored) / seconds : 0.0;
}

void PrintSummary(const ImportOptions& options, const CommandContext& context,
                  const Outcome& outcome) {
  std::ostream& out = context.io.out;
  const SendTally& tally = outcome.tally;
  if (context.settings.output == OutputFormat::kJson) {
    const double seconds = std::chrono::duration<double>(outcome.elapsed).count();
    const std::array<Field, 6> fields = {{
        {options.dry_run ? "checked" : "stored", static_cast<std::int64_t>(tally.stored)},
        {"refused", static_cast<std::int64_t>(tally.refused)},
        {"failed", static_cast<std::int64_t>(tally.failed)},
        {"seconds", std::round(seconds * 1000.0) / 1000.0},
        {"products_per_second", std::round(PerSecond(outcome) * 10.0) / 10.0},
        {"next_line", static_cast<std::int64_t>(outcome.next_line)},
    }};
    PrintRecord(out, OutputFormat::kJson, fields);
    return;
  }
  out << (options.dry_run ? "checked " : "imported ") << tally.stored << " products in "
      << RenderDuration(outcome.elapsed) << " (" << std::llround(PerSecond(outcome)) << "/s), "
      << tally.refused << " refused";
  if (tally.failed > 0) out << ", " << tally.failed << " failed";
  out << (options.dry_run ? "; nothing was sent" : "") << std::endl;
}

void PrintHowToGoOn(const ImportOptions& options, std::ostream& err, const std::string& endpoint,
                    const Outcome& outcome) {
  if (!outcome.EndedEarly() || options.dry_run || outcome.next_line == 1) return;
  err << "everything before line " << outcome.next_line << " is done\n";
  if (!outcome.can_resume) return;
  err << "to go on: productctl import " << ForShell(options.file) << " --endpoint " << endpoint;
  if (options.format) err << " --format " << *options.format;
  if (options.plan.mode == SendMode::kEach) err << " --mode each";
  if (options.plan.mode == SendMode::kBatch) err << " --mode batch";
  if (options.rejects) err << " --rejects " << ForShell(*options.rejects);
  err << " --resume\n";
}

}  // namespace

void AddImportCommand(CLI::App& root, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<ImportOptions>();
  CLI::App* command = root.add_subcommand("import", "Store the products of a file in the server.");
  command
      ->add_option_function<std::string>(
          "FILE", [options](const std::string& file) { options->file = file; },
          "to read: .ndjson or .csv, gzipped or not; - for standard input")
      ->required();
  AddText(*command, "--format", "FORMAT", options->format,
          "ndjson or csv (default by the file's name; of - ndjson)");
  AddSendFlags(*command, options->plan);
  AddText(*command, "--rejects", "FILE", options->rejects,
          "write each refused line there, with its number and the reason, as NDJSON (default: the "
          "first 5 on standard error)");
  command->add_flag("--resume", options->resume,
                    "go on where an interrupted import of the same file ended");
  command->add_flag("--dry-run", options->dry_run, "check every line and send nothing");
  SetHelp(*command,
          {.examples = "  productctl import products.csv --rejects refused.ndjson\n"
                       "  zcat products.ndjson.gz | productctl import -\n",
           .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                          ExitCode::kUnreachable, ExitCode::kRefusedRows, ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunImport(*options, context); };
  });
}

Result<ExitCode> RunImport(const ImportOptions& options, const CommandContext& context) {
  Io& io = context.io;
  const auto usage_error = [&](const Error& error) {
    return PrintUsageError(io, context.err_palette(), "productctl import", error);
  };
  const Result<FileKind> kind = FileKindOf(options.file, options.format);
  if (!kind.ok()) return usage_error(kind.error());
  if (options.resume && options.file == "-") {
    return usage_error(InvalidArgument("--resume: standard input cannot be read again"));
  }
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  const Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return interrupt.error();
  const auto reader = ProductReader::Open(options.file, kind->format, interrupt->descriptor());
  if (!reader.ok()) return usage_error(reader.error());
  if (options.rejects && IsSameFile(*options.rejects, options.file)) {
    return usage_error(
        InvalidArgument("--rejects: " + InputName(options.file) + " is the file that is read"));
  }
  const std::string& endpoint = (*client)->endpoint();
  Result<Course> course = Course();
  Result<SendMode> mode = SendMode::kEach;
  if (!options.dry_run) {
    course = PlotCourse(options, (*reader)->file(), endpoint, io.err);
    if (!course.ok()) return usage_error(course.error());
    mode = ChooseSendMode(options.plan, **client, io.err, interrupt->descriptor());
    if (interrupt->HasCome()) {
      io.err << "interrupted; nothing was sent\n";
      return ExitCode::kInterrupted;
    }
    if (!mode.ok()) return mode.error();
  }
  auto rejects = std::make_unique<RejectLog>("line", RejectLog::Told::kReasonAndText);
  if (options.rejects) {
    // What the run before has told of lines that it did not get done is told anew.
    const std::uint64_t keep_before = course->first_line > 1 ? course->first_line : 0;
    auto opened = RejectLog::Open(*options.rejects, keep_before, "line");
    if (!opened.ok()) return usage_error(opened.error());
    rejects = std::move(*opened);
  }

  const MonotonicTime start = context.clock.Now();
  Outcome outcome;
  {
    const std::string name = InputName(options.file);
    TransferProgress progress(io.err, io.err_terminal, options.dry_run ? "checking" : "importing",
                              options.dry_run ? name : name + " to " + endpoint,
                              {.products = {}, .bytes = (*reader)->file().size()}, start);
    outcome = options.dry_run ? CheckOnly(**reader, *rejects, progress, context, *interrupt)
                              : SendFile(options, context, *mode, *course, **client, **reader,
                                         *rejects, progress, *interrupt);
  }
  outcome.elapsed = context.clock.Now() - start;
  outcome.was_interrupted = interrupt->HasCome();
  PrintSummary(options, context, outcome);
  rejects->Print(io.err, outcome.tally.refused + outcome.tally.failed);
  PrintHowToGoOn(options, io.err, endpoint, outcome);
  if (outcome.was_interrupted) return ExitCode::kInterrupted;
  if (!outcome.failure.ok()) {
    // A wrong header row: before anything is sent it is as wrong as an argument.
    const bool is_about_file = outcome.failure.error().code == ErrorCode::kInvalidArgument;
    if (!is_about_file || outcome.next_line > 1) return outcome.failure.error();
    PrintFailure(io, context.err_palette(), outcome.failure.error());
    return ExitCode::kUsage;
  }
  if (outcome.tally.stopped_by) return *outcome.tally.stopped_by;
  const bool is_whole = outcome.tally.refused + outcome.tally.failed == 0;
  return is_whole ? ExitCode::kDone : ExitCode::kRefusedRows;
}

}  // namespace products::cli
