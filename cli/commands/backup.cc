#include "cli/commands/backup.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "cli/answer_json.h"
#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/operations.h"
#include "cli/progress.h"
#include "cli/scrape.h"

namespace products::cli {
namespace {

constexpr std::chrono::milliseconds kBetweenScrapes{250};
constexpr std::size_t kBackupSlot = 0;
constexpr std::size_t kScrapeSlot = 1;

// The backup on one connection, and on another one the metrics that tell how far it is.
class BackupExchange final : public ExchangeSource {
 public:
  BackupExchange(const CommandContext& context, const ApiClient& client)
      : context_(context), client_(client) {}

  static Request BackupRequest() { return {Method::kPost, "/admin/backup", {}}; }

  Step Next(std::size_t slot, MonotonicTime now, Request& request) override {
    if (slot == kBackupSlot) {
      if (is_sent_) return {Action::kFinished, {}};
      is_sent_ = true;
      request = BackupRequest();
      return {Action::kSend, {}};
    }
    if (!may_scrape_) return {Action::kFinished, {}};
    // Not at once: a backup that is refused or tiny needs no progress.
    if (next_scrape_ == MonotonicTime()) next_scrape_ = now + kBetweenScrapes;
    if (now < next_scrape_) return {Action::kWait, next_scrape_};
    next_scrape_ = now + kBetweenScrapes;
    request = ScrapeRequest();
    return {Action::kSend, {}};
  }

  void Answered(std::size_t slot, MonotonicTime now, const Request& request,
                const Answer& answer) override {
    if (slot == kBackupSlot) {
      outcome_ = answer;
      return;
    }
    const Result<Scrape> scrape = ReadScrapeAnswer(client_, request, answer, now);
    if (scrape.ok()) {
      ShowProgress(scrape->metrics, now);
    } else {
      may_scrape_ = false;
    }
  }

  void Failed(std::size_t slot, MonotonicTime, const Error& error) override {
    if (slot == kBackupSlot) {
      outcome_ = error;
    } else {
      may_scrape_ = false;
    }
  }

  bool Continue(MonotonicTime) override { return !outcome_; }

  // Clears the progress. Absent when interrupted.
  std::optional<Result<Answer>> TakeOutcome() {
    progress_.reset();
    return outcome_;
  }

 private:
  void ShowProgress(const MetricsText& metrics, MonotonicTime now) {
    const double total = metrics.FindGauge("productd_products").value_or(0.0);
    const double copied = metrics.FindGauge("productd_backup_products").value_or(0.0);
    constexpr double kMostProducts = 2147483647.0;
    if (!(total >= 1.0 && total <= kMostProducts && copied >= 0.0)) return;
    if (!progress_) {
      progress_.emplace(context_.io.err, context_.io.err_terminal, "backing up",
                        "products at " + client_.endpoint(), static_cast<std::uint64_t>(total),
                        now - kBetweenScrapes);
    }
    copied_ = std::max(copied_, static_cast<std::uint64_t>(std::min(copied, total)));
    progress_->Update(copied_, now);
  }

  const CommandContext& context_;
  const ApiClient& client_;
  bool is_sent_ = false;
  bool may_scrape_ = true;
  MonotonicTime next_scrape_{};
  std::optional<Progress> progress_;
  std::uint64_t copied_ = 0;
  std::optional<Result<Answer>> outcome_;
};

Result<BackupAnswer> ReadBackupAnswer(const ApiClient& client, const Answer& answer) {
  const Request request = BackupExchange::BackupRequest();
  if (answer.status == 404) {
    return Error{
        ErrorCode::kNotFound, client.Describe(request) + ": no backups at this address", {}};
  }
  if (answer.status != 200) return Refusal(client, request, answer);
  const std::optional<BackupAnswer> backup = ParseBackupAnswer(answer.body);
  if (backup) return *backup;
  return Error{ErrorCode::kCorrupt, client.Describe(request) + ": the answer is no backup", {}};
}

}  // namespace

void AddBackupCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<BackupOptions>();
  CLI::App* command =
      root.add_subcommand("backup", "Have the server copy its catalogue to its backup directory.");
  AddDuration(
      *command, "--wait", [options](auto wait) { options->wait = wait; },
      "for the backup to end, in place of --timeout (default 15m)");
  AddManagementEndpoint(*command, flags);
  SetHelp(*command,
          {.examples = "  productctl backup\n"
                       "  productctl backup --management-endpoint http://10.0.0.7:9090 -o json\n",
           .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage, ExitCode::kNotFound,
                          ExitCode::kUnreachable, ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunBackup(*options, context); };
  });
}

Result<ExitCode> RunBackup(const BackupOptions& options, const CommandContext& context) {
  const auto client = context.OpenManagementClient(options.wait);
  if (!client.ok()) return client.error();
  const Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return interrupt.error();
  BackupExchange exchange(context, **client);
  (*client)->ExchangeMany(exchange, kScrapeSlot + 1, interrupt->descriptor());
  const std::optional<Result<Answer>> answer = exchange.TakeOutcome();
  if (!answer) {
    context.io.err << "productctl: the server goes on with the backup; productctl status tells how "
                      "it ended\n";
    return ExitCode::kInterrupted;
  }
  if (!answer->ok()) return answer->error();
  const Result<BackupAnswer> backup = ReadBackupAnswer(**client, **answer);
  if (!backup.ok()) {
    if (backup.error().code != ErrorCode::kNotFound) return backup.error();
    return PrintNotAtThisAddress(context.io, context.err_palette(), backup.error());
  }
  const std::array<Field, 4> fields = {{
      {"file", backup->file},
      {"products", backup->products},
      {"bytes", backup->bytes},
      {"seconds", backup->seconds},
  }};
  PrintRecord(context.io.out, context.settings.output, fields);
  return ExitCode::kDone;
}

}  // namespace products::cli
