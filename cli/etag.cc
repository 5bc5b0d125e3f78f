#include "cli/etag.h"

#include <algorithm>
#include <string_view>

#include "cli/text_width.h"

namespace products::cli {

Result<std::string> ParseEtag(const std::string& typed) {
  std::string_view opaque = typed;
  if (opaque.size() >= 2 && opaque.starts_with('"') && opaque.ends_with('"')) {
    opaque = opaque.substr(1, opaque.size() - 2);
  }
  // RFC 9110, 8.8.3.
  const bool is_opaque = std::all_of(opaque.begin(), opaque.end(), [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte > 0x20 && byte != 0x7F && byte != '"';
  });
  if (!is_opaque || opaque.empty() || typed == "*") {
    return InvalidArgument("--if-match: \"" + Printable(typed) +
                           "\" is not an ETag, such as productctl get ID --etag prints");
  }
  return "\"" + std::string(opaque) + "\"";
}

}  // namespace products::cli
