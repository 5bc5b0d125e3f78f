#pragma once

#include "core/base/error.h"

namespace products::cli {

/// How a productctl process ends; scripts rely on the numbers.
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,       ///< The server refused or failed, or its answer made no sense.
  kUsage = 2,        ///< Wrong arguments, environment or configuration; nothing was sent.
  kNotFound = 3,     ///< What was asked for does not exist.
  kUnreachable = 4,  ///< No connection, or no answer in time.
  kRefusedRows = 5,  ///< Finished, but some rows were not taken.
  kInterrupted = 130,
};

/// The one mapping from why an operation failed to how the process ends. A failure of usage is not
/// among the codes: app.cc knows it by where it arose.
ExitCode ExitCodeFor(ErrorCode code);

}  // namespace products::cli
