#include "cli/input_file.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "cli/text_width.h"

namespace products::cli {
namespace {

Result<std::string> ReadAll(std::istream& in, const std::string& name, std::size_t max_bytes) {
  std::string text(max_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return InvalidArgument("cannot read " + name);
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_bytes) {
    return InvalidArgument(name + ": larger than " + std::to_string(max_bytes / 1024) + " KiB");
  }
  return text;
}

}  // namespace

std::string NameOfInput(const std::string& path) {
  return path == "-" ? "standard input" : Printable(path);
}

Place PlaceOf(const std::string& text, std::size_t offset) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
  const auto line = static_cast<std::size_t>(std::count(text.begin(), end, '\n')) + 1;
  const auto newline = std::find(std::make_reverse_iterator(end), text.rend(), '\n');
  return {line, static_cast<std::size_t>(newline - std::make_reverse_iterator(end)) + 1};
}

std::string PlaceText(const std::string& name, Place place) {
  return name + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
}

Result<std::string> ReadInput(const std::string& path, std::istream& standard_input,
                              std::size_t max_bytes) {
  const std::string name = NameOfInput(path);
  if (path == "-") return ReadAll(standard_input, name, max_bytes);
  std::ifstream file(path, std::ios::binary);
  if (!file) return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + name, errno);
  return ReadAll(file, name, max_bytes);
}

}  // namespace products::cli
