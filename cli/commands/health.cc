#include "cli/commands/health.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <ostream>
#include <string>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/duration.h"
#include "cli/interrupt.h"
#include "cli/interruptible_exchange.h"
#include "cli/operations.h"
#include "cli/readiness.h"
#include "cli/text_width.h"

namespace products::cli {
namespace {

// A server that starts is asked often at first, one that loads for minutes seldom.
constexpr std::chrono::milliseconds kFirstDelay{100};
constexpr std::chrono::milliseconds kLongestDelay{2000};

Result<Health> AskHealth(const CommandContext& context, ApiClient& client) {
  Result<Health> health = GetHealth(client);
  if (!health.ok() || !context.settings.management_endpoint) return health;
  const auto management = context.OpenManagementClient(context.settings.timeout);
  if (!management.ok()) return management.error();
  const Result<std::optional<Readiness>> readiness = GetReadiness(**management);
  if (!readiness.ok()) return readiness.error();
  if (*readiness) {
    health->readiness = (*readiness)->reason;
    health->is_ready = health->is_ready && (*readiness)->is_ready;
  }
  return health;
}

Result<ExitCode> PrintHealth(const CommandContext& context) {
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  const Result<Health> health = AskHealth(context, **client);
  if (!health.ok()) return health.error();
  const std::array<Field, 3> fields = {{
      {"endpoint", (*client)->endpoint()},
      {"health", health->status},
      {"readiness", health->readiness.value_or("unknown")},
  }};
  PrintRecord(context.io.out, context.settings.output, fields);
  return health->is_ready ? ExitCode::kDone : ExitCode::kFailed;
}

// One line on standard error: drawn over at a terminal, else written once.
class WaitLine {
 public:
  WaitLine(Io& io, std::string endpoint, std::chrono::milliseconds wait)
      : io_(io), endpoint_(std::move(endpoint)), wait_(RenderDuration(wait)) {}
  ~WaitLine() {
    if (is_drawn_ && io_.err_terminal.is_terminal()) io_.err << "\r\x1b[K" << std::flush;
  }
  WaitLine(const WaitLine&) = delete;
  WaitLine& operator=(const WaitLine&) = delete;

  void Show(const std::string& reason, MonotonicTime::duration elapsed) {
    if (!io_.err_terminal.is_terminal()) {
      if (!is_drawn_) io_.err << "waiting up to " << wait_ << " for " << endpoint_ << std::endl;
    } else {
      const std::string line =
          "waiting, " + RenderDuration(elapsed) + " of " + wait_ + ": " + Printable(reason);
      const int columns = std::max(io_.err_terminal.Columns() - 1, 0);
      io_.err << "\r\x1b[K" << PrefixOfWidth(line, static_cast<std::size_t>(columns)) << std::flush;
    }
    is_drawn_ = true;
  }

 private:
  Io& io_;
  const std::string endpoint_;
  const std::string wait_;
  bool is_drawn_ = false;
};

// Whether the server is ready; absent when interrupted.
std::optional<Result<Readiness>> AskReadiness(const CommandContext& context,
                                              std::chrono::milliseconds timeout,
                                              int wake_descriptor) {
  const auto management = context.OpenManagementClient(timeout);
  if (!management.ok()) return Result<Readiness>(management.error());
  const Request request = ReadinessRequest();
  auto answer = ExchangeUnlessWoken(**management, request, wake_descriptor);
  if (!answer) return std::nullopt;
  if (!answer->ok()) return Result<Readiness>(answer->error());
  const Result<std::optional<Readiness>> readiness =
      ReadReadinessAnswer(**management, request, **answer);
  if (!readiness.ok()) return Result<Readiness>(readiness.error());
  if (*readiness) return Result<Readiness>(**readiness);

  // It does not have /readyz: being healthy must do.
  const auto client =
      ApiClient::Open({.endpoint = context.settings.endpoint, .timeout = timeout}, context.clock);
  if (!client.ok()) return Result<Readiness>(client.error());
  const Request health{Method::kGet, "/health", {}};
  answer = ExchangeUnlessWoken(**client, health, wake_descriptor);
  if (!answer) return std::nullopt;
  if (!answer->ok()) return Result<Readiness>(answer->error());
  if ((*answer)->status == 200) return Result<Readiness>({true, "ok"});
  return Result<Readiness>(Refusal(**client, health, **answer));
}

Result<ExitCode> WaitForReadiness(const CommandContext& context, std::chrono::milliseconds wait) {
  const Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return interrupt.error();
  const MonotonicTime start = context.clock.Now();
  const MonotonicTime end = start + wait;
  WaitLine line(context.io, context.settings.endpoint, wait);
  std::chrono::milliseconds delay = kFirstDelay;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - context.clock.Now());
    const auto timeout = std::clamp(left, std::chrono::milliseconds(1), context.settings.timeout);
    const std::optional<Result<Readiness>> asked =
        AskReadiness(context, timeout, interrupt->descriptor());
    if (!asked) return ExitCode::kInterrupted;
    if (asked->ok() && (*asked)->is_ready) return ExitCode::kDone;
    const MonotonicTime now = context.clock.Now();
    if (now + delay >= end) {
      if (IsWokenWithin(interrupt->descriptor(), end - now)) return ExitCode::kInterrupted;
      // What the last answer, or its absence, stands for.
      if (!asked->ok()) return asked->error();
      return ExitCode::kFailed;
    }
    line.Show(asked->ok() ? (*asked)->reason : asked->error().message, now - start);
    if (IsWokenWithin(interrupt->descriptor(), delay)) return ExitCode::kInterrupted;
    delay = std::min(2 * delay, kLongestDelay);
  }
}

}  // namespace

void AddHealthCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<HealthOptions>();
  CLI::App* command =
      root.add_subcommand("health", "Print whether the server is healthy and ready.");
  AddDuration(
      *command, "--wait", [options](auto wait) { options->wait = wait; },
      "ask again until it is ready, at most for so long");
  AddManagementEndpoint(*command, flags);
  SetHelp(*command,
          {.examples = "  productctl health --endpoint http://10.0.0.7:8080 --timeout 1s\n"
                       "  productctl health --wait 30s\n",
           .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                          ExitCode::kUnreachable, ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunHealth(*options, context); };
  });
}

Result<ExitCode> RunHealth(const HealthOptions& options, const CommandContext& context) {
  if (!options.wait) return PrintHealth(context);
  const Result<ExitCode> waited = WaitForReadiness(context, *options.wait);
  if (!waited.ok()) return waited.error();
  if (*waited == ExitCode::kInterrupted) {
    context.io.err << "interrupted: the server was not ready yet\n";
    return ExitCode::kInterrupted;
  }
  return PrintHealth(context);
}

}  // namespace products::cli
