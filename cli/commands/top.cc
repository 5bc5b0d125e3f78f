#include "cli/commands/top.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/failure.h"
#include "cli/full_screen.h"
#include "cli/interrupt.h"
#include "cli/interruptible_exchange.h"
#include "cli/scrape.h"
#include "cli/top_view.h"

namespace products::cli {
namespace {

constexpr std::size_t kColumnsElsewhere = 80;

double NowUnixSeconds(const CommandContext& context) {
  return std::chrono::duration<double>(context.clock.WallNow().time_since_epoch()).count();
}

class Intervals {
 public:
  Intervals(const TopOptions& options, const Clock& clock)
      : options_(options), clock_(clock), next_(clock.Now() + options.interval) {}

  bool IsLast() { return options_.count > 0 && ++done_ >= options_.count; }
  MonotonicTime::duration Left() const { return next_ - clock_.Now(); }
  // One that was missed, as on a machine that slept, is not made up for.
  void Begin() { next_ = std::max(next_, clock_.Now()) + options_.interval; }

 private:
  const TopOptions& options_;
  const Clock& clock_;
  MonotonicTime next_;
  std::int64_t done_ = 0;
};

void PrintBlock(const CommandContext& context, const TopView& view) {
  std::ostream& out = context.io.out;
  switch (context.settings.output) {
    case OutputFormat::kJson:
      out << RenderTopJson(view);
      break;
    case OutputFormat::kPlain:
      out << RenderTopPlain(view);
      break;
    case OutputFormat::kTable: {
      const Terminal& terminal = context.io.out_terminal;
      const std::size_t columns =
          terminal.is_terminal() ? static_cast<std::size_t>(terminal.Columns()) : kColumnsElsewhere;
      for (const std::string& line :
           RenderTop(view, columns, std::numeric_limits<std::size_t>::max(),
                     NowUnixSeconds(context), Palette(false))) {
        out << line << '\n';
      }
      out << '\n';
      break;
    }
  }
  out.flush();
}

Result<ExitCode> ShowBlocks(const TopOptions& options, const CommandContext& context,
                            ApiClient& client, TopView& view) {
  const Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return interrupt.error();
  Intervals intervals(options, context.clock);
  while (!IsWokenWithin(interrupt->descriptor(), intervals.Left())) {
    intervals.Begin();
    std::optional<Result<Scrape>> scrape =
        FetchScrape(client, context.clock, interrupt->descriptor());
    if (!scrape) break;
    if (!scrape->ok()) return scrape->error();
    view.Add(std::move(**scrape));
    PrintBlock(context, view);
    // Who reads has left; app.cc says so.
    if (!context.io.out.good()) return ExitCode::kFailed;
    if (intervals.IsLast()) return ExitCode::kDone;
  }
  return ExitCode::kInterrupted;
}

void Draw(const CommandContext& context, FullScreen& screen, const TopView& view) {
  const Palette palette(context.settings.color);
  // A column stays free, for some terminals wrap when the last one is written.
  const auto columns = static_cast<std::size_t>(std::max(screen.Columns() - 1, 0));
  const auto rows = static_cast<std::size_t>(std::max(screen.Rows(), 0));
  screen.Draw(RenderTop(view, columns, rows, NowUnixSeconds(context), palette));
}

Result<ExitCode> ShowScreen(const TopOptions& options, const CommandContext& context,
                            ApiClient& client, TopView& view) {
  Result<FullScreen> screen =
      FullScreen::Enter(context.io.out, context.io.out_terminal, context.io.in_terminal);
  if (!screen.ok()) return screen.error();
  Intervals intervals(options, context.clock);
  while (context.io.out.good()) {
    Draw(context, *screen, view);
    const bool is_due = !IsWokenWithin(screen->descriptor(), intervals.Left());
    if (is_due) {
      std::optional<Result<Scrape>> scrape =
          FetchScrape(client, context.clock, screen->descriptor());
      if (scrape) {
        intervals.Begin();
        if (scrape->ok()) {
          view.Add(std::move(**scrape));
        } else {
          view.SetFailure(scrape->error().message);
        }
        if (!intervals.IsLast()) continue;
        Draw(context, *screen, view);
        return ExitCode::kDone;
      }
    }
    switch (screen->TakeEvent()) {
      case FullScreen::Event::kNone:
      case FullScreen::Event::kResize:
        break;
      case FullScreen::Event::kQuit:
        return ExitCode::kDone;
      case FullScreen::Event::kInterrupt:
        return ExitCode::kInterrupted;
    }
  }
  return ExitCode::kFailed;
}

}  // namespace

void AddTopCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<TopOptions>();
  CLI::App* command = root.add_subcommand(
      "top", "Show requests, latencies and commits as they happen, until q or Ctrl-C.");
  AddDuration(
      *command, "--interval", [options](auto interval) { options->interval = interval; },
      "between two looks (default 1s)");
  AddInteger(
      *command, "--count", "N", {0, std::numeric_limits<std::int32_t>::max()},
      [options](std::int64_t count) { options->count = count; },
      "intervals after which it ends; 0 is no limit (default 0)");
  AddManagementEndpoint(*command, flags);
  SetHelp(*command,
          {.examples = "  productctl top\n"
                       "  productctl top --interval 5s --count 12 -o json\n",
           .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage, ExitCode::kNotFound,
                          ExitCode::kUnreachable, ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunTop(*options, context); };
  });
}

Result<ExitCode> RunTop(const TopOptions& options, const CommandContext& context) {
  const auto client = context.OpenManagementClient(context.settings.timeout);
  if (!client.ok()) return client.error();
  TopView view((*client)->endpoint());
  // Before the screen is taken: a server that is not there is told like in every command.
  std::optional<Result<Scrape>> first = FetchScrape(**client, context.clock, -1);
  if (!first->ok()) {
    if (first->error().code != ErrorCode::kNotFound) return first->error();
    return PrintNotAtThisAddress(context.io, context.err_palette(), first->error());
  }
  view.Add(std::move(**first));
  const bool has_screen = context.io.out_terminal.is_terminal() &&
                          context.io.in_terminal.is_terminal() &&
                          context.settings.output == OutputFormat::kTable;
  return has_screen ? ShowScreen(options, context, **client, view)
                    : ShowBlocks(options, context, **client, view);
}

}  // namespace products::cli
