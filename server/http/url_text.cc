#include "server/http/url_text.h"

#include <cstddef>
#include <utility>

namespace products {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool PercentDecode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

Result<std::optional<std::string>> FindQueryParameter(std::string_view query,
                                                      std::string_view name) {
  std::optional<std::string_view> found;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(parameter.size());
    if (!query.empty()) query.remove_prefix(1);
    const std::size_t name_end = parameter.find('=');
    if (parameter.substr(0, name_end) != name) continue;
    found = name_end == std::string_view::npos ? "" : parameter.substr(name_end + 1);
  }
  if (!found) return std::optional<std::string>();
  std::string value;
  if (!PercentDecode(*found, value)) {
    return InvalidArgument("malformed percent-encoding in the query");
  }
  return std::optional(std::move(value));
}

}  // namespace products
