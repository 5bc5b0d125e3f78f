#pragma once

#include "cli/commands/command.h"

namespace products::cli {

void AddVersionCommand(CLI::App& root, CommandRun& chosen);

/// Prints the version and commit of this program and, when it answers, of the server. A server that
/// does not is no failure: the question is often asked to find out why.
Result<ExitCode> RunVersion(const CommandContext& context);

}  // namespace products::cli
