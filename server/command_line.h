#pragma once

#include <optional>
#include <string>

#include "server/config/config_loader.h"

namespace products {

/// What the arguments of productd ask for.
struct CommandLine {
  /// Its file and flags are set; the environment is not.
  ConfigSources sources;
  bool check_config = false;
  bool print_config = false;
  /// Offline work in place of serving: read and check storage.data_dir, or make it of this backup.
  bool verify = false;
  std::string restore_file;
  /// Where to write the bound addresses once ready; empty for nowhere.
  std::string ready_file;
};

/// Either a CommandLine, or an exit code after --help, --version (0, printed to stdout) or a wrong
/// argument (2, one line on stderr).
struct ParsedArguments {
  std::optional<CommandLine> command_line;
  int exit_code = 0;
};
ParsedArguments ParseArguments(int argc, const char* const* argv);

}  // namespace products
