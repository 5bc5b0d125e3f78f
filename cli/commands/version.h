#pragma once

#include "cli/commands/command.h"

namespace products::cli {

void AddVersionCommand(CLI::App& root, CommandRun& chosen);

/// Prints version and commit of this program and of the server, "unknown" when that does not tell.
/// A server that has no /version is no failure; one that does not answer is, once the rest is told.
Result<ExitCode> RunVersion(const CommandContext& context);

}  // namespace products::cli
