#pragma once

#include <string>

#include "cli/commands/command.h"
#include "cli/settings.h"

namespace products::cli {

/// Named servers, in the file of settings: context list, use, set and delete. `flags` are those of
/// the root; `context set` stores what was typed of them. It must outlive the run.
void AddContextCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen);

/// Prints the contexts of the file: name, whether it is the current one, and what it sets.
Result<ExitCode> RunContextList(const CommandContext& context);
Result<ExitCode> RunContextUse(const std::string& name, const CommandContext& context);
Result<ExitCode> RunContextSet(const std::string& name, const SettingsFlags& flags,
                               const CommandContext& context);
Result<ExitCode> RunContextDelete(const std::string& name, const CommandContext& context);

}  // namespace products::cli
