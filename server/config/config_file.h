#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace products {

/// A file larger than this is refused; one with every key commented is under 10 kB.
inline constexpr std::size_t kMaxConfigFileBytes = 1024 * 1024;

/// One value of a configuration file, its key known to exist, its text not yet looked at.
struct FileSetting {
  std::string path;  ///< "http.listen"
  std::string text;
  int line = 0;  ///< From 1.
};

/// Reads a YAML file: sections of keys, each key a single value. An empty file, and a section
/// without keys, have no settings. The error's message begins with `file_name`, and the line where
/// there is one. Bounded in time and memory for any input: aliases are never expanded, and nesting
/// has a limit.
Result<std::vector<FileSetting>> ReadConfigFile(const std::string& file_name);

/// The same for text at hand; `file_name` is only for messages.
Result<std::vector<FileSetting>> ParseConfigFile(const std::string& file_name,
                                                 const std::string& text);

}  // namespace products
