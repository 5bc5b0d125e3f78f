#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.h"

namespace CLI {
class App;
}

namespace products::cli {

/// The group of the root's flags that make no sense behind a command, such as --version.
inline constexpr char kProgramFlagGroup[] = "program";

/// What --help says beyond the flags, which it takes from the command itself.
struct CommandHelp {
  std::string examples;  ///< two lines, each a command to type
  std::vector<ExitCode> exit_codes;
};

/// From then on `command`'s help is: its description in one sentence, usage, examples, arguments or
/// commands, flags, the flags every command takes, exit codes; within 80 columns.
void SetHelp(CLI::App& command, CommandHelp help);

}  // namespace products::cli
