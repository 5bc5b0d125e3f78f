#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/io.h"
#include "cli/settings.h"
#include "core/base/clock.h"

namespace products::cli {

/// Runs one productctl command: parses `arguments` (without the program's name), resolves the
/// settings, runs the command, prints what went wrong. The whole program but for the process around
/// it; keeps nothing from one call to the next.
ExitCode RunApp(const std::vector<std::string>& arguments, const Environment& environment, Io& io,
                const Clock& clock);

}  // namespace products::cli
