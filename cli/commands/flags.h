#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cli/settings.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace products::cli {

/// Typed flags and arguments with strict values: what does not fit is a usage error that names the
/// flag and the values it takes. `name` is as CLI11 has it: "-o,--output" for a flag, "ID" for an
/// argument by position. The target must outlive the parse.

struct IntegerRange {
  std::int64_t first;
  std::int64_t last;
};

/// Decimal only: the library's own conversion would read 010 as eight.
CLI::Option* AddInteger(CLI::App& command, const std::string& name, const std::string& placeholder,
                        IntegerRange range, std::function<void(std::int64_t)> set,
                        const std::string& description);

/// One or more of them, in the order in which they stand; for arguments by position. `name` is what
/// messages call one of them, `placeholder` what the help shows.
CLI::Option* AddIntegers(CLI::App& command, const std::string& name, const std::string& placeholder,
                         IntegerRange range, std::function<void(std::int64_t)> add,
                         const std::string& description);

/// A finite number of at least 0.
CLI::Option* AddNumber(CLI::App& command, const std::string& name, const std::string& placeholder,
                       double& target, const std::string& description);

/// A duration with its unit.
CLI::Option* AddDuration(CLI::App& command, const std::string& name,
                         std::function<void(std::chrono::milliseconds)> set,
                         const std::string& description);

/// --management-endpoint, of the commands that ask there.
CLI::Option* AddManagementEndpoint(CLI::App& command, SettingsFlags& flags);

CLI::Option* AddText(CLI::App& command, const std::string& name, const std::string& placeholder,
                     std::optional<std::string>& target, const std::string& description);

}  // namespace products::cli
