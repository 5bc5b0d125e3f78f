#include "tests/unit/product/body_mutations.h"

#include <array>

#include "tests/unit/product/go_answers.h"
#include "tests/unit/product/product_text.h"

namespace products {
namespace {

// What makes a difference to a parser of products, far likelier here than in random bytes.
constexpr std::array kFragments = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    " ",
    "\n",
    "\t",
    "\r",
    "\x0B",
    "\x7F",
    "'",
    "/",
    "0",
    "1",
    "-",
    "+",
    ".",
    "e",
    "E",
    "-0",
    "01",
    "1.0",
    "1.5",
    "1e2",
    "1e400",
    "1e-400",
    "0.",
    "2147483647",
    "2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "true",
    "false",
    "null",
    "tru",
    "nul",
    "NaN",
    "{}",
    "[]",
    "\"\"",
    "\"x\"",
    "[[]]",
    "{\"a\":1}",
    "\\u",
    "\\u0000",
    "\\u0041",
    "\\u00e9",
    "\\ud83d",
    "\\ude00",
    "\\ud83d\\ude00",
    "\\uD800\\u0041",
    "\\n",
    "\\/",
    "\\\"",
    "\\\\",
    "\\x",
    "\\u12",
    "\\uZZZZ",
    "\x80",
    "\xBF",
    "\xC3",
    "\xC3\xA9",
    "\xE2\x82\xAC",
    "\xED\xA0\x80",
    "\xEF\xBB\xBF",
    "\xF0\x9F",
    "\xF0\x9F\x98\x80",
    "\xF4\x90\x80\x80",
    "\xFF",
    "\xC0\x80",
    "\xE2\x80\xA8",
    "<&>",
    "\"product_id\":",
    "\"sku\":",
    "\"manufacturer\":",
    "\"category_id\":",
    "\"weight\":",
    "\"some_other_id\":",
    "\"unknown\":",
    "\"sk\\u0075\":",
    ",\"sku\":null",
    ",\"weight\":-0",
    ",\"product_id\":1",
    ",\"product_id\":0",
    ",\"sku\":\"x\"",
    ",\"a\":[1,{\"b\":null}]",
};

constexpr std::size_t kMaxOriginalBytes = 1000;

}  // namespace

BodyMutations::BodyMutations(std::uint64_t seed) : random_(seed) {
  for (GoAnswer& row : ReadGoAnswers()) {
    if (row.body.size() <= kMaxOriginalBytes) originals_.push_back(std::move(row.body));
  }
  // As many valid products as all the rest, so that many mutations reach the rules.
  for (std::size_t i = originals_.size(); i > 0; --i) {
    originals_.push_back(
        ProductWith(i % 2 == 0 ? R"("product_id":1,"weight":5,"a":["x",1.5])" : ""));
  }
}

std::string BodyMutations::Next() {
  std::string body = originals_[Below(originals_.size())];
  for (std::size_t i = 1 + Below(3); i > 0; --i) Mutate(body);
  return body;
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
      // Behind the last comma or bracket before `at` if there is one, where a token may stand.
      std::size_t from = body.find_last_of("{[,:", at);
      from = from == std::string::npos || Below(2) == 0 ? at : from;
      body.insert(from, kFragments[Below(kFragments.size())]);
      break;
  }
}

}  // namespace products
