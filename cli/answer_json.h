#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace products::cli {

/// The small JSON objects that servers answer with, apart from the product itself. Each is absent
/// when `body` is not such an object; unknown keys are ignored, nesting of any depth is survived.

/// {"error":"NOT_FOUND","message":"..."}
struct ErrorAnswer {
  std::string code;
  std::string message;
};
std::optional<ErrorAnswer> ParseErrorAnswer(std::string_view body);

/// {"status":"ok"}
std::optional<std::string> ParseStatusAnswer(std::string_view body);

/// {"version":"...","commit":"..."}; the commit may be missing.
struct VersionAnswer {
  std::string version;
  std::string commit;
};
std::optional<VersionAnswer> ParseVersionAnswer(std::string_view body);

/// {"stored":N,"rejected":M,"errors":[{"line":3,"error":"...","message":"..."}]}; the errors may be
/// fewer than M.
struct BatchAnswer {
  struct LineError {
    std::uint64_t line = 0;
    std::string code;
    std::string message;
  };
  std::uint64_t stored = 0;
  std::uint64_t rejected = 0;
  std::vector<LineError> errors;
};
std::optional<BatchAnswer> ParseBatchAnswer(std::string_view body);

}  // namespace products::cli
