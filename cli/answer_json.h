#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

/// {"file":"...","products":1000,"bytes":65536,"seconds":0.652}
struct BackupAnswer {
  std::string file;
  std::int64_t products = 0;
  std::int64_t bytes = 0;
  double seconds = 0.0;
};
std::optional<BackupAnswer> ParseBackupAnswer(std::string_view body);

}  // namespace products::cli
