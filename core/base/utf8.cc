#include "core/base/utf8.h"

#include <algorithm>

namespace products {
namespace {

// The well-formed sequences by their first byte (RFC 3629, section 4). What the second byte may be
// keeps out overlong forms, surrogates and what lies above U+10FFFF; any further byte is 80..BF.
struct SequenceForm {
  unsigned char first_from;
  unsigned char first_to;
  unsigned char second_from;
  unsigned char second_to;
  unsigned char length;
};

constexpr SequenceForm kForms[] = {
    {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

bool IsBetween(char byte, unsigned char from, unsigned char to) {
  const auto value = static_cast<unsigned char>(byte);
  return value >= from && value <= to;
}

// Bytes of the character that begins `text`; 0 when it is malformed.
std::size_t FirstCharacterLength(std::string_view text) {
  for (const SequenceForm& form : kForms) {
    if (!IsBetween(text[0], form.first_from, form.first_to)) continue;
    if (text.size() < form.length) return 0;
    if (form.length > 1 && !IsBetween(text[1], form.second_from, form.second_to)) return 0;
    for (std::size_t i = 2; i < form.length; ++i) {
      if (!IsBetween(text[i], 0x80, 0xBF)) return 0;
    }
    return form.length;
  }
  return 0;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = FirstCharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string ReplaceMalformedUtf8(std::string_view text) {
  std::string replaced;
  while (!text.empty()) {
    const std::size_t length = FirstCharacterLength(text);
    replaced += length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return replaced;
}

std::size_t CountCharacters(std::string_view text) {
  // Every byte but the continuation bytes 80..BF begins a character.
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return !IsBetween(byte, 0x80, 0xBF); }));
}

}  // namespace products
