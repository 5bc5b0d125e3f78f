#include "tests/unit/product/body_mutations.h"

#include <utility>

#include "tests/unit/product/go_answers.h"

namespace products {
namespace {

using View = std::string_view;

// What makes a difference to a parser, far likelier here than in random bytes.
constexpr auto kFragments = std::to_array<View>({
    // clang-format off
    "{", "}", "[", "]", ",", ":", "\"", "\\", " ", "\n", "\t", "\r", "\x0B", "\x7F", "'", "/",
    "0", "1", "-", "+", ".", "e", "E", "0.", "01", "true", "false", "null", "tru", "nul", "NaN",
    "{}", "[]", "\"\"", "\"x\"", "[[]]", "{\"a\":1}", ",\"sku\":null", ",\"a\":[1,{\"b\":null}]",
    "\\u", "\\u0000", "\\u0041", "\\ud83d", "\\ude00", "\\ud83d\\ude00", "\\uD800\\u0041", "\\n",
    "\\/", "\\\"", "\\\\", "\\x", "\\u12", "\\uZZZZ",
    "\x80", "\xBF", "\xC3", "\xC3\xA9", "\xE2\x82\xAC", "\xED\xA0\x80", "\xEF\xBB\xBF", "\xF0\x9F",
    "\xF0\x9F\x98\x80", "\xF4\x90\x80\x80", "\xFF", "\xC0\x80", "\xE2\x80\xA8", "<&>",
    // clang-format on
});

constexpr auto kNumbers = std::to_array<View>({
    // clang-format off
    "0", "-0", "1", "2", "-1", "10", "456", "2147483646", "2147483647", "2147483648",
    "-2147483648", "-2147483649", "4294967295", "4294967297", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551616",
    "1.0", "1.5", "-0.0", "1e2", "1E+2", "1e-2", "1e400", "-1e400", "1e-400", "1e99999999999",
    // clang-format on
});

constexpr auto kOtherValues = std::to_array<View>({
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[1,\"a\",null,[true],{}]",
    "{\"sku\":5,\"b\":[{}]}",
    "\"\"",
    "[[[[\"\\n\"]]]]",
    "{\"a\":{\"a\":{\"weight\":\"x\"}}}",
});

constexpr auto kKeys = std::to_array<View>({
    // clang-format off
    "product_id", "sku", "manufacturer", "category_id", "weight", "some_other_id", "unknown", "",
    "sk\\u0075", "\\u0077eight", "sku\\u0000", "weight ", "category-id", "id", "\xC3\xA9",
    // clang-format on
});

constexpr auto kSpaces = std::to_array<View>({"", "", "", "", " ", "\n", "\t\r\n "});

constexpr std::size_t kMaxOriginalBytes = 1000;

}  // namespace

BodyMutations::BodyMutations(std::uint64_t seed) : random_(seed) {
  for (GoAnswer& row : ReadGoAnswers()) {
    if (row.body.size() <= kMaxOriginalBytes) originals_.push_back(std::move(row.body));
  }
}

std::string BodyMutations::Next() {
  std::string body = Below(2) == 0 ? MakeObject() : originals_[Below(originals_.size())];
  for (std::size_t i = Below(4); i > 0; --i) Mutate(body);
  return body;
}

// Well-formed, and often enough a valid product: what it must have comes first, then more members.
std::string BodyMutations::MakeObject() {
  std::string object = "{";
  const auto add = [&](std::string_view key, const std::string& value) {
    if (object.size() > 1) object += ',';
    object.append(OneOf(kSpaces)).append("\"").append(key).append("\"").append(OneOf(kSpaces));
    object.append(":").append(OneOf(kSpaces)).append(value).append(OneOf(kSpaces));
  };
  if (Below(8) != 0) add("sku", MakeText());
  if (Below(8) != 0) add("manufacturer", MakeText());
  if (Below(8) != 0) add("category_id", "5");
  if (Below(8) != 0) add("some_other_id", "7");
  for (std::size_t i = Below(4); i > 0; --i) {
    switch (Below(3)) {
      case 0:
        add(OneOf(kKeys), std::string(OneOf(kNumbers)));
        break;
      case 1:
        add(OneOf(kKeys), std::string(OneOf(kOtherValues)));
        break;
      default:
        add(OneOf(kKeys), MakeText());
        break;
    }
  }
  return object + '}';
}

// A string with its quotes; now and then around a length at which a rule changes its mind.
std::string BodyMutations::MakeText() {
  static constexpr auto kPieces = std::to_array<View>({
      "a",
      "Z9 -",
      "\xC3\xA9",
      "\xE2\x82\xAC",
      "\xF0\x9F\x98\x80",
      "\\n",
      "\\\"",
      "\\/",
      "\\u0001",
      "\\u20ac",
      "\\ud83d\\ude00",
      "<b>&",
      "\xE2\x80\xA8",
      "\x7F",
  });
  std::string text = "\"";
  for (std::size_t i = Below(5); i > 0; --i) text += OneOf(kPieces);
  if (Below(10) == 0) {
    const std::string_view piece = OneOf(kPieces);
    for (std::size_t i = (1 + Below(2)) * 98 + Below(6); i > 0; --i) text += piece;
  }
  return text + '"';
}

void BodyMutations::Mutate(std::string& body) {
  const std::size_t at = Below(body.size() + 1);
  const std::size_t length = Below(body.size() - at + 1);
  switch (Below(9)) {
    case 0:
      if (at < body.size()) body[at] = static_cast<char>(body[at] ^ (1 << Below(8)));
      break;
    case 1:
      if (at < body.size()) body[at] = static_cast<char>(Below(256));
      break;
    case 2:
      body.erase(at, 1 + Below(4));
      break;
    case 3:
      body.erase(at, length);
      break;
    case 4:
      body.insert(at, body.substr(at, length));
      break;
    case 5: {
      const std::string& other = originals_[Below(originals_.size())];
      body.replace(at, length, other, Below(other.size() + 1), Below(20));
      break;
    }
    case 6:
      body.resize(at);
      break;
    default:
      body.insert(at, Below(3) == 0 ? OneOf(kNumbers) : OneOf(kFragments));
      break;
  }
}

}  // namespace products
