#pragma once

#include "cli/commands/command.h"

namespace products::cli {

void AddVersionCommand(CLI::App& root, CommandRun& chosen);

/// Prints version and commit of this program and of the server, "unknown" when that does not tell.
/// A server that does not answer is no failure: the question is often asked to find out why.
Result<ExitCode> RunVersion(const CommandContext& context);

}  // namespace products::cli
