#include "cli/id_file.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "cli/answer_json.h"
#include "cli/input_file.h"
#include "cli/text_width.h"
#include "core/base/parse.h"

namespace products::cli {
namespace {

constexpr std::string_view kSpaces = " \t\r";

// Without the comment and the spaces around it.
std::string_view Content(std::string_view line) {
  if (const std::size_t first = line.find_first_not_of(kSpaces); first < line.size()) {
    line.remove_prefix(first);
  } else {
    return {};
  }
  if (!line.starts_with('{')) {
    const std::size_t comment = line.find('#');
    if (comment == 0) return {};
    if (comment != std::string_view::npos && kSpaces.find(line[comment - 1]) < kSpaces.size()) {
      line = line.substr(0, comment);
    }
  }
  return line.substr(0, line.find_last_not_of(kSpaces) + 1);
}

std::optional<ProductId> ParseId(std::string_view content) {
  const std::optional<std::int64_t> id =
      content.starts_with('{') ? ParseProductIdOf(content) : ParseInt64(content);
  if (!id || *id < kMinProductId || *id > kMaxProductId) return std::nullopt;
  return static_cast<ProductId>(*id);
}

}  // namespace

Result<std::vector<ProductId>> ReadIds(std::istream& in, const std::string& name) {
  std::vector<ProductId> ids;
  std::unordered_set<ProductId> seen;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    const std::string_view content = Content(line);
    if (content.empty()) continue;
    const std::optional<ProductId> id = ParseId(content);
    if (!id) {
      const auto column = static_cast<std::size_t>(content.data() - line.data()) + 1;
      return InvalidArgument(
          PlaceText(name, {number, column}) +
          (content.starts_with('{') ? "no product with an id" : "no id from 1 to 2147483647") +
          ": \"" + Printable(content.substr(0, 80)) + "\"");
    }
    if (seen.insert(*id).second) ids.push_back(*id);
  }
  if (in.bad()) return InvalidArgument("cannot read " + name);
  return ids;
}

}  // namespace products::cli
