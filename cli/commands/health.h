#pragma once

#include "cli/commands/command.h"

namespace products::cli {

void AddHealthCommand(CLI::App& root, CommandRun& chosen);

/// Prints what the server says of itself: endpoint, health and readiness ("unknown" where it has no
/// /readyz). kFailed when it answers that it is not healthy or not ready.
Result<ExitCode> RunHealth(const CommandContext& context);

}  // namespace products::cli
