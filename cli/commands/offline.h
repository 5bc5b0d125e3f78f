#pragma once

#include <optional>
#include <string>

#include "cli/commands/command.h"

namespace products::cli {

struct OfflineOptions {
  std::string data_dir;
  /// Of `restore` only.
  std::string backup_file;
  std::optional<std::string> productd;
};

void AddVerifyCommand(CLI::App& root, CommandRun& chosen);
void AddRestoreCommand(CLI::App& root, CommandRun& chosen);

/// These run productd on a data directory that no server uses, and pass on what it says: its
/// report, or as an object (json), its progress and its failures. kFailed when it finds damage or
/// fails, kUsage when there is no productd to run, kInterrupted after Ctrl-C.
///     {"data_dir":"./data","products":1000,"bytes":65536,"damaged":1,"faults":["..."]}
Result<ExitCode> RunVerify(const OfflineOptions& options, const CommandContext& context);
///     {"data_dir":"./data","products":1000,"bytes":65536}
Result<ExitCode> RunRestore(const OfflineOptions& options, const CommandContext& context);

}  // namespace products::cli
