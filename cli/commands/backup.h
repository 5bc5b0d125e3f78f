#pragma once

#include <chrono>

#include "cli/commands/command.h"

namespace products::cli {

struct BackupOptions {
  /// For the answer, which comes once the copy is durable. productd gives up after ten minutes.
  std::chrono::milliseconds wait{std::chrono::minutes(15)};
};

void AddBackupCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen);

/// Has the server copy its catalogue into its backup directory and prints file (a path of the
/// server's machine), products, bytes and seconds. Progress comes from the server's metrics, where
/// there are any. Ctrl-C ends the command and not the backup.
Result<ExitCode> RunBackup(const BackupOptions& options, const CommandContext& context);

}  // namespace products::cli
