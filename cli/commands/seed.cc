#include "cli/commands/seed.h"

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/duration.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/operations.h"
#include "cli/progress.h"
#include "cli/seeder.h"

namespace products::cli {
namespace {

constexpr std::int64_t kMaxConcurrency = 1024;

struct Outcome {
  SeedTally tally;
  std::int64_t next_id = 0;
  std::chrono::nanoseconds elapsed{0};
  bool was_interrupted = false;
  bool was_skipped = false;
};

bool EndedEarly(const Outcome& outcome) {
  return outcome.was_interrupted || outcome.tally.stopped_by.has_value();
}

Outcome Seed(const SeedOptions& options, const CommandContext& context, ApiClient& client,
             const Interrupt& interrupt) {
  const MonotonicTime start = context.clock.Now();
  Progress progress(context.io.err, context.io.err_terminal, "seeding",
                    "products at " + client.endpoint(), static_cast<std::uint64_t>(options.count),
                    start);
  const SeedPlan plan{.count = static_cast<std::uint64_t>(options.count),
                      .first_id = options.start,
                      .concurrency = options.concurrency,
                      .per_second = options.rate,
                      .seed = options.seed,
                      .jitter_seed = static_cast<std::uint64_t>(start.time_since_epoch().count())};
  Seeder seeder(plan, client, [&progress](const SeedTally& tally, MonotonicTime now) {
    progress.Update(tally.done(), now);
  });
  client.ExchangeMany(seeder, plan.concurrency, interrupt.descriptor());
  return {.tally = seeder.tally(),
          .next_id = seeder.first_unfinished_id(),
          .elapsed = context.clock.Now() - start,
          .was_interrupted = interrupt.HasCome(),
          .was_skipped = false};
}

double PerSecond(const Outcome& outcome) {
  const double seconds = std::chrono::duration<double>(outcome.elapsed).count();
  return seconds > 0.0 ? static_cast<double>(outcome.tally.stored) / seconds : 0.0;
}

std::string SummaryLine(const SeedOptions& options, const Outcome& outcome) {
  if (outcome.was_skipped) {
    return "seeded 0 products: product " + std::to_string(options.start) + " is there already";
  }
  const SeedTally& tally = outcome.tally;
  std::string line = "seeded " + std::to_string(tally.stored);
  if (EndedEarly(outcome)) line += " of " + std::to_string(options.count);
  line += " products in " + RenderDuration(outcome.elapsed) + " (" +
          std::to_string(std::llround(PerSecond(outcome))) + "/s), " +
          std::to_string(tally.refused) + " refused";
  if (tally.failed > 0) line += ", " + std::to_string(tally.failed) + " failed";
  return line;
}

double Rounded(double value, double steps) { return std::round(value * steps) / steps; }

void PrintSummary(std::ostream& out, OutputFormat format, const SeedOptions& options,
                  const Outcome& outcome) {
  if (format != OutputFormat::kJson) {
    out << SummaryLine(options, outcome) << std::endl;
    return;
  }
  const SeedTally& tally = outcome.tally;
  const double seconds = std::chrono::duration<double>(outcome.elapsed).count();
  const std::array<Field, 8> fields = {{
      {"requested", options.count},
      {"stored", static_cast<std::int64_t>(tally.stored)},
      {"refused", static_cast<std::int64_t>(tally.refused)},
      {"failed", static_cast<std::int64_t>(tally.failed)},
      {"skipped", outcome.was_skipped},
      {"seconds", Rounded(seconds, 1000.0)},
      {"products_per_second", Rounded(PerSecond(outcome), 10.0)},
      {"next_id", outcome.next_id},
  }};
  PrintRecord(out, format, fields);
}

// What the summary has no room for: why products were not stored, and how to go on.
void PrintReasons(std::ostream& err, const SeedOptions& options, const std::string& endpoint,
                  const Outcome& outcome) {
  const SeedTally& tally = outcome.tally;
  for (const std::string& reason : tally.first_reasons) err << reason << '\n';
  const std::uint64_t reasons = tally.first_reasons.size();
  if (tally.refused + tally.failed > reasons) {
    err << "and " << tally.refused + tally.failed - reasons << " more\n";
  }
  if (EndedEarly(outcome)) {
    const std::int64_t end = options.start + options.count;
    // Whole, for it is copied from a log into a shell with other settings.
    err << "to go on: productctl seed --endpoint " << endpoint << " --start " << outcome.next_id
        << " --count " << end - outcome.next_id << " --seed " << options.seed << " --concurrency "
        << options.concurrency;
    if (options.rate > 0.0) err << " --rate " << options.rate;
    err << '\n';
  }
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
  AddInteger(
      *command, "--concurrency", "N", {1, kMaxConcurrency},
      [options](std::int64_t n) { options->concurrency = static_cast<std::size_t>(n); },
      "connections, each with one request in flight (default 8)");
  AddNumber(*command, "--rate", "N", options->rate,
            "products a second at most; 0 is no limit (default 0)");
  AddInteger(
      *command, "--seed", "N", {0, std::numeric_limits<std::uint32_t>::max()},
      [options](std::int64_t seed) { options->seed = static_cast<std::uint32_t>(seed); },
      "which catalogue: the same number gives the same products (default 1)");
  command->add_flag("--if-empty", options->if_empty,
                    "do nothing when the server has the first product already");
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
  if (options.start + options.count - 1 > kMaxProductId) {
    return PrintUsageError(
        context.io, context.err_palette(), "productctl seed",
        InvalidArgument("--start and --count go beyond the largest product id, 2147483647"));
  }
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  Outcome outcome;
  if (options.if_empty) {
    const Result<bool> is_seeded = HasFirstProduct(options, **client);
    if (!is_seeded.ok()) return is_seeded.error();
    outcome.was_skipped = *is_seeded;
    outcome.next_id = options.start;
  }
  if (!outcome.was_skipped) {
    // Not before: until there is something to sum up, Ctrl-C may end the process as it likes.
    const Result<Interrupt> interrupt = Interrupt::Watch();
    if (!interrupt.ok()) return interrupt.error();
    outcome = Seed(options, context, **client, *interrupt);
  }

  PrintSummary(context.io.out, context.settings.output, options, outcome);
  PrintReasons(context.io.err, options, (*client)->endpoint(), outcome);
  if (outcome.was_interrupted) return ExitCode::kInterrupted;
  if (outcome.tally.stopped_by) return *outcome.tally.stopped_by;
  const bool is_whole = outcome.tally.refused + outcome.tally.failed == 0;
  return is_whole ? ExitCode::kDone : ExitCode::kRefusedRows;
}

}  // namespace products::cli
