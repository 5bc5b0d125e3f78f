#include "cli/text_width.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace products::cli {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode's East_Asian_Width W and F, neighbouring blocks joined where what lies between them is
// unassigned. Ascending.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
    {0x23F0, 0x23F0},   {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},
    {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},
    {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
    {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},
    {0x2728, 0x2728},   {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},   {0x27BF, 0x27BF},
    {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x18DFF}, {0x1AFF0, 0x1B2FF}, {0x1F004, 0x1F004},
    {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320},
    {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393}, {0x1F3A0, 0x1F3CA},
    {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4}, {0x1F3F8, 0x1F43E},
    {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F54E},
    {0x1F550, 0x1F567}, {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4},
    {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D2},
    {0x1F6D5, 0x1F6DF}, {0x1F6EB, 0x1F6EC}, {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7F0},
    {0x1F90C, 0x1F93A}, {0x1F93C, 0x1F945}, {0x1F947, 0x1F9FF}, {0x1FA70, 0x1FAFF},
    {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD},
};

// Combining marks, joiners and directional marks of the scripts in common use. Ascending.
constexpr Range kZeroWidth[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05BF}, {0x05C1, 0x05C2},
    {0x05C4, 0x05C5}, {0x0610, 0x061A}, {0x061C, 0x061C}, {0x064B, 0x065F}, {0x0670, 0x0670},
    {0x06D6, 0x06DC}, {0x06DF, 0x06E4}, {0x06E7, 0x06E8}, {0x06EA, 0x06ED}, {0x093A, 0x093A},
    {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D}, {0x0951, 0x0957}, {0x0E31, 0x0E31},
    {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
    {0x2028, 0x202E}, {0x2060, 0x2064}, {0x2066, 0x206F}, {0x20D0, 0x20F0}, {0x302A, 0x302D},
    {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE0FFF},
};

template <std::size_t N>
bool Contains(const Range (&ranges)[N], char32_t character) {
  const Range* const end = std::end(ranges);
  const Range* const found =
      std::lower_bound(std::begin(ranges), end, character,
                       [](const Range& range, char32_t value) { return range.last < value; });
  return found != end && found->first <= character;
}

struct Decoded {
  char32_t character = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

// The first character of a text that is not empty; overlong forms and surrogates are not valid.
Decoded DecodeFirst(std::string_view text) {
  const auto byte_at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte_at(0);
  if (lead < 0x80) return {lead, 1, true};
  std::size_t bytes = 0;
  char32_t character = 0;
  char32_t smallest = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    bytes = 2, character = lead & 0x1Fu, smallest = 0x80;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    bytes = 3, character = lead & 0x0Fu, smallest = 0x800;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    bytes = 4, character = lead & 0x07u, smallest = 0x10000;
  }
  if (bytes == 0 || text.size() < bytes) return {lead, 1, false};
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte_at(i) & 0xC0) != 0x80) return {lead, 1, false};
    character = (character << 6) | (byte_at(i) & 0x3Fu);
  }
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < smallest || character > 0x10FFFF || surrogate) return {lead, 1, false};
  return {character, bytes, true};
}

std::size_t WidthOf(const Decoded& decoded) {
  if (!decoded.valid || decoded.character < 0x300) return 1;
  if (Contains(kZeroWidth, decoded.character)) return 0;
  return Contains(kWide, decoded.character) ? 2 : 1;
}

void AppendHexByte(std::string& out, unsigned char byte) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  out += "\\x";
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 0xF];
}

void AppendControl(std::string& out, std::string_view bytes) {
  switch (bytes[0]) {
    case '\t':
      out += "\\t";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      for (const char byte : bytes) AppendHexByte(out, static_cast<unsigned char>(byte));
  }
}

// C0, DEL and C1; the line and paragraph separators; and the marks that reorder what follows them.
bool IsControl(char32_t character) {
  return character < 0x20 || (character >= 0x7F && character < 0xA0) ||
         (character >= 0x2028 && character <= 0x202E) ||
         (character >= 0x2066 && character <= 0x2069);
}

}  // namespace

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Decoded decoded = DecodeFirst(text);
    text.remove_prefix(decoded.bytes);
    width += WidthOf(decoded);
  }
  return width;
}

std::string_view PrefixOfWidth(std::string_view text, std::size_t columns) {
  std::size_t width = 0;
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const std::size_t length = DecodeFirst(text.substr(bytes)).bytes;
    width += DisplayWidth(text.substr(bytes, length));
    if (width > columns) break;
    bytes += length;
  }
  return text.substr(0, bytes);
}

std::string CutToWidth(std::string_view text, std::size_t columns) {
  if (text.size() <= columns || DisplayWidth(text) <= columns) return std::string(text);
  std::size_t bytes = 0;
  std::size_t width = 1;  // of the "…"
  while (true) {
    const Decoded decoded = DecodeFirst(text.substr(bytes));
    width += WidthOf(decoded);
    if (width > columns) break;
    bytes += decoded.bytes;
  }
  return std::string(text.substr(0, bytes)).append("…");
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded decoded = DecodeFirst(text);
    const std::string_view bytes = text.substr(0, decoded.bytes);
    if (!decoded.valid) {
      AppendHexByte(out, static_cast<unsigned char>(bytes[0]));
    } else if (IsControl(decoded.character)) {
      AppendControl(out, bytes);
    } else if (decoded.character == '\\') {
      out += "\\\\";
    } else {
      out += bytes;
    }
    text.remove_prefix(decoded.bytes);
  }
  return out;
}

std::string ShellQuoted(std::string_view text) {
  std::string quoted = "'";
  for (const char byte : text) {
    if (byte == '\'') {
      quoted += "'\\''";
    } else {
      quoted += byte;
    }
  }
  return quoted + "'";
}

std::string ForShell(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_";
  const bool is_plain = text.find_first_not_of(kPlain) == std::string_view::npos;
  if (is_plain && !text.empty()) return std::string(text);
  const bool has_control = std::any_of(text.begin(), text.end(), [](char byte) {
    return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
  });
  // A shell could not undo what Printable does, but a terminal must not obey a file's name.
  return ShellQuoted(has_control ? Printable(text) : std::string(text));
}

}  // namespace products::cli
