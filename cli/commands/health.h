#pragma once

#include <chrono>
#include <optional>

#include "cli/commands/command.h"

namespace products::cli {

struct HealthOptions {
  /// How long to ask again until the server is ready.
  std::optional<std::chrono::milliseconds> wait;
};

void AddHealthCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen);

/// Prints what the server says of itself: endpoint, health and readiness ("unknown" where it has no
/// /readyz). kFailed when it answers that it is not healthy or not ready. With `wait` only once it
/// is ready or the time is over, which a server that did not answer ends as an error.
Result<ExitCode> RunHealth(const HealthOptions& options, const CommandContext& context);

}  // namespace products::cli
