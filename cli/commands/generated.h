#pragma once

#include "cli/commands/command.h"

namespace products::cli {

/// Commands that print what is generated from the tree of all commands, `root`, which outlives the
/// run. They ask no server and need no settings.

/// completion SHELL: the completions for that shell.
void AddCompletionCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen);
/// man: the manual page, in roff.
void AddManCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen);

}  // namespace products::cli
