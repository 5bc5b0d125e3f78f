#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace products {

/// Why an operation failed. A closed list: server/http maps each to one HTTP status and wire name,
/// the CLI maps each to one exit code.
enum class ErrorCode {
  kInvalidArgument,  ///< The caller's input breaks a rule; repeating it cannot help.
  kNotFound,         ///< What was asked for does not exist.
  kConflict,         ///< A precondition of the caller does not hold (If-Match).
  kTooLarge,         ///< The input is over a limit.
  kOverloaded,       ///< A queue or memory limit is reached; the same request may succeed later.
  kUnavailable,  ///< Not able to serve now: loading, draining, stopped, or the peer is unreachable.
  kTimeout,      ///< No answer in time; the outcome is unknown.
  kCorrupt,      ///< Stored or received bytes are not what was written.
  kInternal,     ///< A defect or an unexpected answer of the operating system.
};

/// The name in logs: "invalid_argument", "not_found" ...
std::string_view ErrorCodeName(ErrorCode code);

/// A failure with its two texts: `message` may reach a client, `detail` goes to the log only.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string detail;
};

/// Success, or an Error. Cheap to return when ok.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  /// Only when !ok().
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

inline Error InvalidArgument(std::string message, std::string detail = {}) {
  return {ErrorCode::kInvalidArgument, std::move(message), std::move(detail)};
}

/// An Error whose detail is the text of `errno_value`: "No such file or directory".
Error ErrnoError(ErrorCode code, std::string message, int errno_value);

}  // namespace products
