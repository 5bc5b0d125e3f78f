#pragma once

#include "cli/commands/command.h"

namespace products::cli {

void AddHealthCommand(CLI::App& root, CommandRun& chosen);

/// Prints what the server says of itself: endpoint, health, and readiness where it has that.
/// kFailed when it answers that it is not healthy or not ready.
Result<ExitCode> RunHealth(const CommandContext& context);

}  // namespace products::cli
