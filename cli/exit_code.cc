#include "cli/exit_code.h"

namespace products::cli {

ExitCode ExitCodeFor(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return ExitCode::kNotFound;
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      return ExitCode::kUnreachable;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kConflict:
    case ErrorCode::kTooLarge:
    case ErrorCode::kOverloaded:
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return ExitCode::kFailed;
  }
  return ExitCode::kFailed;
}

}  // namespace products::cli
