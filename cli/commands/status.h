#pragma once

#include <chrono>

#include "cli/commands/command.h"

namespace products::cli {

struct StatusOptions {
  std::chrono::milliseconds interval{1000};  ///< between the two scrapes
};

void AddStatusCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen);

/// Prints how the server is: what it is, how much it has and does, from two scrapes of its metrics.
/// docs/productctl.md names the fields. What a server does not tell is unknown, not a failure; one
/// that tells nothing must at least speak the product operations. Metrics that are not metrics are
/// a failure, once the rest is told. Not being ready is none: that is what `health` is for.
Result<ExitCode> RunStatus(const StatusOptions& options, const CommandContext& context);

}  // namespace products::cli
