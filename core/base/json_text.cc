#include "core/base/json_text.h"

#include <array>

namespace products {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Per byte: 0 goes out as it is, 'u' as \u00xx, anything else as a backslash and that character.
// U+2028 and U+2029 are E2 80 A8 and E2 80 A9; their first byte is marked 2 and looked at again.
constexpr char kMayBeLineSeparator = 2;

constexpr std::array<char, 256> MakeEscapes() {
  std::array<char, 256> escapes{};
  for (int byte = 0; byte < 0x20; ++byte) escapes[byte] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  escapes['<'] = escapes['>'] = escapes['&'] = 'u';
  escapes[0xE2] = kMayBeLineSeparator;
  return escapes;
}

constexpr std::array<char, 256> kEscapes = MakeEscapes();

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  std::size_t raw_from = 0;  // text[raw_from, i) goes out unchanged
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = kEscapes[byte];
    if (escape == 0) continue;
    if (escape == kMayBeLineSeparator) {
      const std::string_view character = text.substr(i, 3);
      if (character != "\xE2\x80\xA8" && character != "\xE2\x80\xA9") continue;
      out.append(text, raw_from, i - raw_from);
      out += character.back() == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
      raw_from = i + 1;
      continue;
    }
    out.append(text, raw_from, i - raw_from);
    raw_from = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      out += "00";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 0xF];
    }
  }
  out.append(text, raw_from);
  out += '"';
}

}  // namespace products
