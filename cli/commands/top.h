#pragma once

#include <chrono>
#include <cstdint>

#include "cli/commands/command.h"

namespace products::cli {

struct TopOptions {
  std::chrono::milliseconds interval{1000};
  std::int64_t count = 0;  ///< intervals; 0 is no limit
};

void AddTopCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen);

/// Shows what the server does, interval after interval: at a terminal as a screen that is drawn
/// over, until q; elsewhere, and with -o json or plain, as one block an interval. kInterrupted
/// after Ctrl-C. A server that does not answer is an error at the first look and in blocks; the
/// screen says so and waits for it.
Result<ExitCode> RunTop(const TopOptions& options, const CommandContext& context);

}  // namespace products::cli
