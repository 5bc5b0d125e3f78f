#include "cli/file_kind.h"

#include <filesystem>
#include <string_view>
#include <system_error>

#include "cli/text_width.h"

namespace products::cli {

Result<FileKind> FileKindOf(const std::string& path, const std::optional<std::string>& format) {
  FileKind kind;
  std::string_view name = path;
  kind.is_gzipped = name.ends_with(".gz");
  if (kind.is_gzipped) name.remove_suffix(3);
  if (format) {
    if (*format != "ndjson" && *format != "csv") {
      return InvalidArgument("--format: \"" + Printable(*format) + "\" is not ndjson or csv");
    }
    kind.format = *format == "csv" ? FileFormat::kCsv : FileFormat::kNdjson;
    return kind;
  }
  if (name.ends_with(".csv")) {
    kind.format = FileFormat::kCsv;
  } else if (name != "-" && !name.ends_with(".ndjson") && !name.ends_with(".jsonl")) {
    return InvalidArgument("\"" + Printable(path) +
                           "\" ends in neither .ndjson nor .csv (or that and .gz); say which with "
                           "--format");
  }
  return kind;
}

std::string InputName(const std::string& path) {
  return path == "-" ? "standard input" : Printable(path);
}

std::string OutputName(const std::string& path) {
  return path == "-" ? "standard output" : Printable(path);
}

bool IsSameFile(const std::string& one, const std::string& other) {
  std::error_code failed;
  return std::filesystem::equivalent(one, other, failed);
}

}  // namespace products::cli
