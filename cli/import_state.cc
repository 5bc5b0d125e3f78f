#include "cli/import_state.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

#include "cli/text_width.h"

namespace products::cli {
namespace {

constexpr char kSignature[] = "productctl-import 1";

}  // namespace

std::string ImportStatePath(const std::string& file) { return file + ".productctl-import"; }

Result<std::optional<ImportState>> LoadImportState(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (errno == ENOENT) return std::optional<ImportState>();
    return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + Printable(path), errno);
  }
  std::string signature;
  std::getline(file, signature);
  ImportState state;
  const auto read = [&file](const char* name, auto& value) {
    std::string word;
    return static_cast<bool>(file >> word >> value) && word == name;
  };
  const bool is_whole =
      signature == kSignature && read("endpoint", state.endpoint) &&
      read("bytes", state.identity.bytes) && read("modified_ns", state.identity.modified_ns) &&
      read("head_hash", state.identity.head_hash) && read("next_line", state.next_line);
  if (is_whole) return std::optional(state);
  return InvalidArgument(Printable(path) + ": not the state of an import");
}

Status SaveImportState(const std::string& path, const ImportState& state) {
  const std::string temporary = path + ".new";
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file << kSignature << "\nendpoint " << state.endpoint << "\nbytes " << state.identity.bytes
         << "\nmodified_ns " << state.identity.modified_ns << "\nhead_hash "
         << state.identity.head_hash << "\nnext_line " << state.next_line << '\n';
    file.close();
    if (!file) {
      const int error = errno;
      ::unlink(temporary.c_str());
      return ErrnoError(ErrorCode::kInvalidArgument, "cannot write " + Printable(path), error);
    }
  }
  if (std::rename(temporary.c_str(), path.c_str()) == 0) return {};
  return ErrnoError(ErrorCode::kInvalidArgument, "cannot write " + Printable(path), errno);
}

void RemoveImportState(const std::string& path) { ::unlink(path.c_str()); }

}  // namespace products::cli
