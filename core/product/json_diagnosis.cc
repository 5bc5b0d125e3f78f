#include "core/product/json_diagnosis.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/parse.h"
#include "core/base/utf8.h"
#include "core/product/product_field.h"

// What is wrong first, when several things are:
//   1. the first byte that breaks the grammar, or the end that comes too early;
//   2. invalid UTF-8, then an unpaired surrogate, anywhere in a string or key: encoding/json would
//      put U+FFFD there, so these two words are the contract's own;
//   3. the first value of the wrong type.
// The order of the first and the last is encoding/json's: it checks the whole body before it stores
// any value. The second stands between them so that a body which encoding/json refuses for its
// grammar always gets encoding/json's words.

namespace products {
namespace {

constexpr std::string_view kUnexpectedEnd = "unexpected EOF";

bool IsSpace(char byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }
bool IsDigit(char byte) { return byte >= '0' && byte <= '9'; }

std::optional<unsigned> HexDigit(char byte) {
  if (IsDigit(byte)) return static_cast<unsigned>(byte - '0');
  if (byte >= 'a' && byte <= 'f') return static_cast<unsigned>(byte - 'a') + 10;
  if (byte >= 'A' && byte <= 'F') return static_cast<unsigned>(byte - 'A') + 10;
  return std::nullopt;
}

bool IsHighSurrogate(unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool IsLowSurrogate(unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

void AppendHex(std::string& out, unsigned number, int digits) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += kHexDigits[number >> shift & 0xF];
  }
}

// A byte as encoding/json shows it: a Go character literal of the code point of that number.
std::string QuoteByte(char byte) {
  constexpr std::string_view kShortEscaped = "\a\b\f\n\r\t\v\\'";
  constexpr std::string_view kShortEscapes = "abfnrtv\\'";
  const auto code_point = static_cast<unsigned char>(byte);
  std::string quoted = "'";
  if (const std::size_t at = kShortEscaped.find(byte); at != std::string_view::npos) {
    quoted += '\\';
    quoted += kShortEscapes[at];
  } else if (code_point < 0x20 || code_point == 0x7F) {
    quoted += "\\x";
    AppendHex(quoted, code_point, 2);
  } else if (code_point < 0x7F) {
    quoted += byte;
  } else if (code_point <= 0xA0 || code_point == 0xAD) {
    // C1 controls, the no-break space and the soft hyphen cannot be seen.
    quoted += "\\u";
    AppendHex(quoted, code_point, 4);
  } else {
    quoted += static_cast<char>(0xC0 | code_point >> 6);
    quoted += static_cast<char>(0x80 | (code_point & 0x3F));
  }
  quoted += '\'';
  return quoted;
}

// Reads the body token by token; between tokens `next_` says which may come. Each Take function
// consumes one token, or sets `refusal_` and returns false.
class Diagnosis {
 public:
  explicit Diagnosis(std::string_view body) : body_(body) {}

  std::string Run() {
    while (true) {
      while (!AtEnd() && IsSpace(Peek())) ++position_;
      if (AtEnd()) break;
      if (!TakeToken()) return std::move(refusal_);
    }
    if (next_ == Next::kEnd) return FaultOfWellFormedBody();
    return next_ == Next::kProduct ? "EOF" : std::string(kUnexpectedEnd);
  }

 private:
  enum class Next {
    kProduct,  // the outermost value
    kValue,
    kElementOrEnd,
    kKey,
    kKeyOrEnd,
    kColon,
    kCommaOrObjectEnd,
    kCommaOrArrayEnd,
    kEnd,
  };
  enum class Container : bool { kArray, kObject };

  bool AtEnd() const { return position_ == body_.size(); }
  char Peek() const { return body_[position_]; }

  bool RefuseByte(std::string_view where) {
    refusal_ = "invalid character " + QuoteByte(Peek()) + " ";
    refusal_ += where;
    return false;
  }
  // The next byte is wrong there, or there is none.
  bool Refuse(std::string_view where) {
    if (!AtEnd()) return RefuseByte(where);
    refusal_ = kUnexpectedEnd;
    return false;
  }

  bool TakeToken() {
    const char first = Peek();
    switch (next_) {
      case Next::kElementOrEnd:
        if (first == ']') return Close();
        return TakeValue();
      case Next::kProduct:
      case Next::kValue:
        return TakeValue();
      case Next::kKeyOrEnd:
        if (first == '}') return Close();
        return TakeKey();
      case Next::kKey:
        return TakeKey();
      case Next::kColon:
        if (first != ':') return RefuseByte("after object key");
        return Advance(Next::kValue);
      case Next::kCommaOrObjectEnd:
        if (first == '}') return Close();
        if (first != ',') return RefuseByte("after object key:value pair");
        return Advance(Next::kKey);
      case Next::kCommaOrArrayEnd:
        if (first == ']') return Close();
        if (first != ',') return RefuseByte("after array element");
        return Advance(Next::kValue);
      case Next::kEnd:
        return RefuseByte("after top-level value");
    }
    return false;
  }

  bool Advance(Next next) {
    ++position_;
    next_ = next;
    return true;
  }

  bool TakeValue() {
    const char first = Peek();
    switch (first) {
      case '{':
        JudgeType("object");
        return Open(Container::kObject);
      case '[':
        JudgeType("array");
        return Open(Container::kArray);
      case '"':
        JudgeType("string");
        return TakeString() && EndValue();
      case 't':
        JudgeType("bool");
        return TakeLiteral("true") && EndValue();
      case 'f':
        JudgeType("bool");
        return TakeLiteral("false") && EndValue();
      case 'n':
        return TakeLiteral("null") && EndValue();
      default: {
        if (first != '-' && !IsDigit(first)) return RefuseByte("looking for beginning of value");
        const std::size_t from = position_;
        if (!TakeNumber()) return false;
        JudgeType("number", body_.substr(from, position_ - from));
        return EndValue();
      }
    }
  }

  bool Open(Container container) {
    if (open_.size() == kMaxJsonDepth) return RefuseByte("exceeded max depth");
    open_.push_back(container == Container::kObject);
    return Advance(container == Container::kObject ? Next::kKeyOrEnd : Next::kElementOrEnd);
  }

  bool Close() {
    ++position_;
    open_.pop_back();
    return EndValue();
  }

  bool EndValue() {
    if (open_.empty()) {
      next_ = Next::kEnd;
    } else {
      next_ = open_.back() ? Next::kCommaOrObjectEnd : Next::kCommaOrArrayEnd;
    }
    return true;
  }

  bool TakeKey() {
    if (Peek() != '"') return RefuseByte("looking for beginning of object key string");
    const std::size_t from = position_ + 1;
    if (!TakeString()) return false;
    if (open_.size() == 1) field_ = FieldOfKey(body_.substr(from, position_ - 1 - from));
    next_ = Next::kColon;
    return true;
  }

  bool TakeString() {
    const std::size_t from = ++position_;
    bool high_surrogate_waits = false;
    while (true) {
      if (AtEnd()) return Refuse({});
      const char byte = Peek();
      if (byte == '\\') {
        unsigned unit = 0;
        if (!TakeEscape(unit)) return false;
        if (high_surrogate_waits != IsLowSurrogate(unit)) has_unpaired_surrogate_ = true;
        high_surrogate_waits = IsHighSurrogate(unit);
        continue;
      }
      if (high_surrogate_waits) has_unpaired_surrogate_ = true;
      high_surrogate_waits = false;
      if (byte == '"') break;
      if (static_cast<unsigned char>(byte) < 0x20) return RefuseByte("in string literal");
      ++position_;
    }
    if (!IsValidUtf8(body_.substr(from, position_ - from))) has_invalid_utf8_ = true;
    ++position_;
    return true;
  }

  // Sets `unit` to the UTF-16 unit of a \u escape; to 0, which is no surrogate, for the others.
  bool TakeEscape(unsigned& unit) {
    ++position_;
    constexpr std::string_view kSingle = "\"\\/bfnrt";
    if (AtEnd() || (Peek() != 'u' && kSingle.find(Peek()) == std::string_view::npos)) {
      return Refuse("in string escape code");
    }
    unit = 0;
    const bool is_unicode = Peek() == 'u';
    ++position_;
    if (!is_unicode) return true;
    for (int i = 0; i < 4; ++i, ++position_) {
      const std::optional<unsigned> digit = AtEnd() ? std::nullopt : HexDigit(Peek());
      if (!digit) return Refuse("in \\u hexadecimal character escape");
      unit = unit << 4 | *digit;
    }
    return true;
  }

  bool TakeNumber() {
    if (Peek() == '-') ++position_;
    if (!AtEnd() && Peek() == '0') {
      ++position_;
    } else if (!TakeDigits("in numeric literal")) {
      return false;
    }
    if (!AtEnd() && Peek() == '.') {
      ++position_;
      if (!TakeDigits("after decimal point in numeric literal")) return false;
    }
    if (!AtEnd() && (Peek() == 'e' || Peek() == 'E')) {
      ++position_;
      if (!AtEnd() && (Peek() == '+' || Peek() == '-')) ++position_;
      if (!TakeDigits("in exponent of numeric literal")) return false;
    }
    return true;
  }

  bool TakeDigits(std::string_view where) {
    if (AtEnd() || !IsDigit(Peek())) return Refuse(where);
    while (!AtEnd() && IsDigit(Peek())) ++position_;
    return true;
  }

  bool TakeLiteral(std::string_view literal) {
    for (const char expected : literal) {
      if (AtEnd() || Peek() != expected) {
        return Refuse("in literal " + std::string(literal) + " (expecting '" + expected + "')");
      }
      ++position_;
    }
    return true;
  }

  // The field of a key as written, between its quotes. A key may be spelt with escapes: "sk\u0075".
  static std::optional<ProductField> FieldOfKey(std::string_view raw) {
    if (raw.find('\\') == std::string_view::npos) return FindProductField(raw);
    std::string name;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\') {
        name += raw[i];
        continue;
      }
      // No name has a character that needs an escape, so of the single ones none can match.
      if (raw[++i] != 'u') return std::nullopt;
      unsigned unit = 0;
      for (int digit = 0; digit < 4; ++digit) unit = unit << 4 | *HexDigit(raw[++i]);
      if (unit >= 0x80) return std::nullopt;
      name += static_cast<char>(unit);
    }
    return FindProductField(name);
  }

  // Keeps the first value that does not suit its place: the product itself or one of its fields.
  void JudgeType(std::string_view kind, std::string_view number = {}) {
    if (!type_fault_.empty() || open_.size() > 1) return;
    if (open_.empty()) {
      if (kind == "object") return;
      type_fault_ = "json: cannot unmarshal " + std::string(kind);
      type_fault_ += " into Go value of type models.Product";
      return;
    }
    if (!field_) return;
    const bool is_number = kind == "number";
    if (IsText(*field_) ? kind == "string" : is_number && ParseInt64(number)) return;
    type_fault_ = "json: cannot unmarshal " + std::string(kind);
    if (is_number && !IsText(*field_)) type_fault_.append(" ").append(number);
    type_fault_.append(" into Go struct field Product.").append(ProductFieldName(*field_));
    type_fault_.append(" of type ").append(IsText(*field_) ? "string" : "int");
  }

  std::string FaultOfWellFormedBody() {
    if (has_invalid_utf8_) return "invalid UTF-8";
    if (has_unpaired_surrogate_) return "unpaired surrogate";
    return std::move(type_fault_);
  }

  const std::string_view body_;
  std::size_t position_ = 0;
  Next next_ = Next::kProduct;
  std::vector<bool> open_;             // what encloses the position, outermost first; true: object
  std::optional<ProductField> field_;  // of the last key of the outermost object
  bool has_invalid_utf8_ = false;
  bool has_unpaired_surrogate_ = false;
  std::string type_fault_;
  std::string refusal_;
};

}  // namespace

std::string DiagnoseProductJson(std::string_view body) { return Diagnosis(body).Run(); }

}  // namespace products
