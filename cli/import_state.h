#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/input_file.h"
#include "core/base/result.h"

namespace products::cli {

/// How far an import is, in a small file beside the one that is imported, "FILE.productctl-import":
///     productctl-import 1
///     endpoint http://127.0.0.1:8080
///     bytes 129600000
///     modified_ns 1764086400000000000
///     head_hash 14695981039346656037
///     next_line 450001
struct ImportState {
  std::string endpoint;
  FileIdentity identity;
  /// The first line that the server is not known to have, or to have refused.
  std::uint64_t next_line = 1;
};

std::string ImportStatePath(const std::string& file);

/// Absent when there is none. kInvalidArgument when it cannot be read or is no such file.
Result<std::optional<ImportState>> LoadImportState(const std::string& path);

/// Replaces it as a whole. Not synced: what a power cut takes of it is sent again, no more.
Status SaveImportState(const std::string& path, const ImportState& state);

void RemoveImportState(const std::string& path);

}  // namespace products::cli
