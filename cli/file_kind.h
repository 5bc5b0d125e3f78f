#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"

namespace products::cli {

/// In which form a file holds products.
enum class FileFormat {
  kNdjson,  ///< a product's JSON a line
  kCsv,     ///< RFC 4180, with a header row that names the fields
};

struct FileKind {
  FileFormat format = FileFormat::kNdjson;
  bool is_gzipped = false;  ///< by its name
};

/// The kind that a name stands for: .ndjson, .jsonl or .csv, each also with .gz behind it; "-" is
/// NDJSON. `format`, of --format, is stronger than the name. kInvalidArgument when neither tells.
Result<FileKind> FileKindOf(const std::string& path, const std::optional<std::string>& format);

/// For messages: "standard input" (or output) for "-", else the path made printable.
std::string InputName(const std::string& path);
std::string OutputName(const std::string& path);

/// Whether both names lead to one file, which is there.
bool IsSameFile(const std::string& one, const std::string& other);

}  // namespace products::cli
