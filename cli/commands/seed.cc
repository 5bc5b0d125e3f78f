#include "cli/commands/seed.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/catalogue_check.h"
#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/commands/send_flags.h"
#include "cli/duration.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/operations.h"
#include "cli/product_feed.h"
#include "cli/progress.h"
#include "cli/reject_log.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

struct Outcome {
  SendTally tally;
  std::int64_t next_id = 0;
  std::chrono::nanoseconds elapsed{0};
  bool was_interrupted = false;
  bool was_skipped = false;
  bool was_verified = false;
};

class SeedObserver final : public SendObserver {
 public:
  SeedObserver(Progress& progress, RejectLog& rejects, const ProductFeed& feed,
               const SeedOptions& options)
      : progress_(progress), rejects_(rejects), feed_(feed), options_(options) {}

  void NotStored(std::uint64_t position, std::string_view json, std::string_view reason) override {
    rejects_.Add(position, reason, json);
  }
  void Tick(const SendTally& tally, MonotonicTime now) override {
    // A batch is answered as a whole: what is sent moves sooner than what is done.
    const std::uint64_t sent = feed_.next_position() - static_cast<std::uint64_t>(options_.start);
    progress_.Update(std::max(tally.done(), sent), now);
  }
  bool Settled(std::uint64_t) override { return true; }

 private:
  Progress& progress_;
  RejectLog& rejects_;
  const ProductFeed& feed_;
  const SeedOptions& options_;
};

class SilentWatch final : public StreamWatch {
 public:
  explicit SilentWatch(const Interrupt& interrupt) : interrupt_(interrupt) {}
  void Tick(MonotonicTime) override {}
  int wake_descriptor() const override { return interrupt_.descriptor(); }

 private:
  const Interrupt& interrupt_;
};

bool EndedEarly(const Outcome& outcome) {
  return outcome.was_interrupted || outcome.tally.stopped_by.has_value();
}

Outcome Seed(const SeedOptions& options, const CommandContext& context, SendMode mode,
             ApiClient& client, const Interrupt& interrupt, RejectLog& rejects) {
  const MonotonicTime start = context.clock.Now();
  const auto count = static_cast<std::uint64_t>(options.count);
  Progress progress(context.io.err, context.io.err_terminal, "seeding",
                    "products at " + client.endpoint(), count, start);
  GeneratorFeed feed(options.seed, options.start, count);
  SeedObserver observer(progress, rejects, feed, options);
  const SendOutcome sent =
      Send(options.plan, mode, client, feed, observer, context.clock, interrupt.descriptor());
  return {.tally = sent.tally,
          .next_id = static_cast<std::int64_t>(sent.first_unfinished),
          .elapsed = context.clock.Now() - start,
          .was_interrupted = interrupt.HasCome(),
          .was_skipped = false,
          .was_verified = false};
}

double PerSecond(const Outcome& outcome) {
  const double seconds = std::chrono::duration<double>(outcome.elapsed).count();
  return seconds > 0.0 ? static_cast<double>(outcome.tally.stored) / seconds : 0.0;
}

std::string SummaryLine(const SeedOptions& options, const Outcome& outcome) {
  if (outcome.was_skipped) {
    return "seeded 0 products: product " + std::to_string(options.start) + " is there already";
  }
  const SendTally& tally = outcome.tally;
  std::string line = "seeded " + std::to_string(tally.stored);
  if (EndedEarly(outcome)) line += " of " + std::to_string(options.count);
  line += " products in " + RenderDuration(outcome.elapsed) + " (" +
          std::to_string(std::llround(PerSecond(outcome))) + "/s), " +
          std::to_string(tally.refused) + " refused";
  if (tally.failed > 0) line += ", " + std::to_string(tally.failed) + " failed";
  if (outcome.was_verified) line += ", verified";
  return line;
}

double Rounded(double value, double steps) { return std::round(value * steps) / steps; }

void PrintSummary(std::ostream& out, OutputFormat format, const SeedOptions& options,
                  const Outcome& outcome) {
  if (format != OutputFormat::kJson) {
    out << SummaryLine(options, outcome) << std::endl;
    return;
  }
  const SendTally& tally = outcome.tally;
  const double seconds = std::chrono::duration<double>(outcome.elapsed).count();
  std::vector<Field> fields = {
      {"requested", options.count},
      {"stored", static_cast<std::int64_t>(tally.stored)},
      {"refused", static_cast<std::int64_t>(tally.refused)},
      {"failed", static_cast<std::int64_t>(tally.failed)},
      {"skipped", outcome.was_skipped},
      {"seconds", Rounded(seconds, 1000.0)},
      {"products_per_second", Rounded(PerSecond(outcome), 10.0)},
      {"next_id", outcome.next_id},
  };
  if (outcome.was_verified) fields.push_back({"verified", true});
  PrintRecord(out, format, fields);
}

// What the summary has no room for: why products were not stored, and how to go on.
void PrintReasons(std::ostream& err, const SeedOptions& options, const std::string& endpoint,
                  const Outcome& outcome, const RejectLog& rejects) {
  rejects.Print(err, outcome.tally.refused + outcome.tally.failed);
  const std::int64_t end = options.start + options.count;
  if (EndedEarly(outcome) && outcome.next_id == end) {
    err << "everything was sent, but not all of it verified\n";
  } else if (EndedEarly(outcome)) {
    // Whole, for it is copied from a log into a shell with other settings.
    err << "to go on: productctl seed --endpoint " << endpoint << " --start " << outcome.next_id
        << " --count " << end - outcome.next_id << " --seed " << options.seed << " --concurrency "
        << options.plan.concurrency;
    if (options.plan.mode == SendMode::kEach) err << " --mode each";
    if (options.plan.mode == SendMode::kBatch) err << " --mode batch";
    if (options.plan.per_second > 0.0) err << " --rate " << options.plan.per_second;
    err << '\n';
  }
}

void PrintDryRun(const SeedOptions& options, const CommandContext& context) {
  const std::int64_t end = options.start + options.count;
  std::ostream& out = context.io.out;
  if (context.settings.output != OutputFormat::kJson) {
    out << "would seed " << options.count << " products, " << options.start << " to " << end - 1
        << "; nothing was sent\n";
    return;
  }
  GeneratorFeed feed(options.seed, options.start, static_cast<std::uint64_t>(options.count));
  Product product;
  std::string line;
  while (out.good() && feed.Next(product)) {
    line.clear();
    AppendProduct(line, product);
    out << line;
  }
}

// Compares what is there with what was put; an error when they differ.
Status Verify(const SeedOptions& options, const CommandContext& context, ApiClient& client,
              const Interrupt& interrupt) {
  SilentWatch watch(interrupt);
  const auto count = static_cast<std::uint64_t>(options.count);
  const Result<CheckOutcome> check =
      CheckCatalogue(client, options.seed, options.start, count, watch);
  if (!check.ok()) return check.error();
  if (check->missing + check->different == 0) return {};
  for (const std::string& reason : check->first_reasons) context.io.err << reason << '\n';
  return Error{ErrorCode::kInternal,
               client.endpoint() + ": of " + std::to_string(count) + " products " +
                   std::to_string(check->missing) + " are missing and " +
                   std::to_string(check->different) + " are not as they were put",
               {}};
}

// Whether the server has the first product; a failure to find out is an error.
Result<bool> HasFirstProduct(const SeedOptions& options, ApiClient& client) {
  const Result<Product> product = GetProduct(client, options.start);
  if (product.ok()) return true;
  if (product.error().code == ErrorCode::kNotFound) return false;
  return product.error();
}

}  // namespace

void AddSeedCommand(CLI::App& root, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<SeedOptions>();
  CLI::App* command =
      root.add_subcommand("seed", "Put a sample catalogue, always the same, into the server.");
  AddInteger(
      *command, "--count", "N", {1, kMaxProductId},
      [options](std::int64_t count) { options->count = count; }, "products (default 1000)");
  AddInteger(
      *command, "--start", "ID", {kMinProductId, kMaxProductId},
      [options](std::int64_t id) { options->start = static_cast<ProductId>(id); },
      "id of the first product, the others count up from it (default 1)");
  AddSendFlags(*command, options->plan);
  AddNumber(*command, "--rate", "N", options->plan.per_second,
            "products a second at most, with --mode each; 0 is no limit (default 0)");
  AddInteger(
      *command, "--seed", "N", {0, std::numeric_limits<std::uint32_t>::max()},
      [options](std::int64_t seed) { options->seed = static_cast<std::uint32_t>(seed); },
      "which catalogue: the same number gives the same products (default 1)");
  command->add_flag("--if-empty", options->if_empty,
                    "do nothing when the server has the first product already");
  command->add_flag("--verify", options->verify,
                    "read everything back and compare it with what was put");
  command->add_flag("--dry-run", options->dry_run,
                    "send nothing; with -o json print the products, a line each");
  SetHelp(*command,
          {.examples = "  productctl seed --count 10000\n"
                       "  productctl seed --count 100000 --rate 500 --concurrency 32\n",
           .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                          ExitCode::kUnreachable, ExitCode::kRefusedRows, ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunSeed(*options, context); };
  });
}

Result<ExitCode> RunSeed(const SeedOptions& options, const CommandContext& context) {
  const auto usage_error = [&context](const char* what) {
    return PrintUsageError(context.io, context.err_palette(), "productctl seed",
                           InvalidArgument(what));
  };
  if (options.start + options.count - 1 > kMaxProductId) {
    return usage_error("--start and --count go beyond the largest product id, 2147483647");
  }
  if (options.plan.mode == SendMode::kBatch && options.plan.per_second > 0.0) {
    return usage_error("--rate goes with --mode each only");
  }
  if (options.dry_run) {
    PrintDryRun(options, context);
    return ExitCode::kDone;
  }
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  Outcome outcome;
  RejectLog rejects("product", RejectLog::Told::kReason);
  if (options.if_empty) {
    const Result<bool> is_seeded = HasFirstProduct(options, **client);
    if (!is_seeded.ok()) return is_seeded.error();
    outcome.was_skipped = *is_seeded;
    outcome.next_id = options.start;
  }
  Status verified;
  if (!outcome.was_skipped) {
    const Result<SendMode> mode = ChooseSendMode(options.plan, **client, context.io.err, -1);
    if (!mode.ok()) return mode.error();
    // Not before: until there is something to sum up, Ctrl-C may end the process as it likes.
    const Result<Interrupt> interrupt = Interrupt::Watch();
    if (!interrupt.ok()) return interrupt.error();
    outcome = Seed(options, context, *mode, **client, *interrupt, rejects);
    if (options.verify && !EndedEarly(outcome)) {
      verified = Verify(options, context, **client, *interrupt);
      outcome.was_verified = verified.ok();
      outcome.was_interrupted = interrupt->HasCome();
    }
  }

  PrintSummary(context.io.out, context.settings.output, options, outcome);
  PrintReasons(context.io.err, options, (*client)->endpoint(), outcome, rejects);
  if (outcome.was_interrupted) return ExitCode::kInterrupted;
  if (outcome.tally.stopped_by) return *outcome.tally.stopped_by;
  if (!verified.ok()) return verified.error();
  const bool is_whole = outcome.tally.refused + outcome.tally.failed == 0;
  return is_whole ? ExitCode::kDone : ExitCode::kRefusedRows;
}

}  // namespace products::cli
