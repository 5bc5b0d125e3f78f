#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace products::cli {

/// What productctl leaves to productd itself, which it runs as a process of its own.

/// `named`, else the productd beside this program, else "productd", for PATH to find.
std::string FindProductd(const std::optional<std::string>& named);

enum class ProgramOutput {
  kInherited,  ///< standard output and error are this program's
  kCaptured,   ///< standard output is returned, at most 16 MiB of it
};

struct ProgramResult {
  int exit_code = 0;  ///< 128 + the signal's number when one ended it
  bool was_interrupted = false;
  std::string output;
};

/// Runs `program` to its end; Ctrl-C and SIGTERM end it first. kInvalidArgument when it cannot be
/// run. Not while another thread waits for signals.
Result<ProgramResult> RunProgram(const std::string& program,
                                 const std::vector<std::string>& arguments, ProgramOutput output);

}  // namespace products::cli
