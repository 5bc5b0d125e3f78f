#include "server/config/utf8.h"

#include <cstddef>

namespace products {
namespace {

unsigned char ByteAt(std::string_view text, std::size_t index) {
  return index < text.size() ? static_cast<unsigned char>(text[index]) : 0;
}

// Bytes of the character that begins `text`; 0 when it is malformed.
std::size_t CharacterLength(std::string_view text) {
  const unsigned char first = ByteAt(text, 0);
  if (first < 0x80) return 1;
  // What the second byte may be keeps out overlong forms, surrogates and what is too large.
  unsigned char second_from = 0x80;
  unsigned char second_to = 0xbf;
  std::size_t length = 0;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first == 0xe0) second_from = 0xa0;
    if (first == 0xed) second_to = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    if (first == 0xf0) second_from = 0x90;
    if (first == 0xf4) second_to = 0x8f;
  } else {
    return 0;
  }
  const unsigned char second = ByteAt(text, 1);
  if (second < second_from || second > second_to) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((ByteAt(text, i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace products
