// Bodies that are no JSON, or no product: the rows of the contract. Hundreds more are in the
// recorded table, which recorded_answers_test.cc posts. The texts are those of Go's decoder, and
// its escapes those of the wire:
// "\\n" here is backslash, backslash, n there, for the message itself says backslash, n.

#include <string>
#include <utility>
#include <vector>

#include "tests/contract/contract_case.h"

namespace products::contract {
namespace {

std::string InvalidCharacter(std::string_view character, std::string_view place) {
  return "Invalid JSON: invalid character '" + std::string(character) + "' " + std::string(place);
}

}  // namespace

std::vector<ContractCase> SyntaxCases() {
  const std::string value = "looking for beginning of value";
  const std::string key = "looking for beginning of object key string";
  const std::string after_key = "after object key";
  const std::string after_pair = "after object key:value pair";
  const std::string in_string = "in string literal";
  const std::string after_top = "after top-level value";
  std::vector<ContractCase> cases = {
      Refused("not json", "not json", InvalidCharacter("o", "in literal null (expecting 'u')")),
      Refused("an empty body", "", "Invalid JSON: EOF"),
      Refused("only white space", " \r\n\t ", "Invalid JSON: EOF"),
      Refused("the example with a bare word", R"({"invalid": json})", InvalidCharacter("j", value)),
      Refused("a comma before the end", R"({"sku":"a",})", InvalidCharacter("}", key)),
      Refused("a raw newline in a string", "{\"sku\":\"a\nb\"}",
              InvalidCharacter(R"(\\n)", in_string)),
      Refused("a raw NUL in a string", std::string("{\"sku\":\"a\0b\"}", 13),
              InvalidCharacter(R"(\\x00)", in_string)),
      Refused("text after the object", "{} x", InvalidCharacter("x", after_top)),
      Refused("text right after the object", ProductWith({}) + "x",
              InvalidCharacter("x", after_top)),
      Refused("a key in single quotes", "{'sku':1}", InvalidCharacter(R"(\\')", key)),
      Refused("a string in single quotes", R"({"sku":'a'})", InvalidCharacter(R"(\\')", value)),
      Refused("no colon", R"({"sku" "a"})", InvalidCharacter(R"(\")", after_key)),
      Refused("no comma", R"({"sku":"a" "weight":1})", InvalidCharacter(R"(\")", after_pair)),
      Refused("a short \\u escape", R"({"sku":"\u12g4"})",
              InvalidCharacter("g", R"(in \\u hexadecimal character escape)")),
      Refused("a byte order mark", "\xEF\xBB\xBF{}", InvalidCharacter("\xC3\xAF", value)),
      Refused("markup", "<product/>", InvalidCharacter(R"(\u003c)", value)),
      Refused("UTF-8 that is not", "{\"sku\":\"a\xFF\"}", "Invalid JSON: invalid UTF-8"),
      Refused("UTF-8 cut short", "{\"sku\":\"\xC3\"}", "Invalid JSON: invalid UTF-8"),
      Refused("an overlong encoding", "{\"sku\":\"\xC0\xAF\"}", "Invalid JSON: invalid UTF-8"),
      Refused("a high surrogate alone", R"({"sku":"\ud800"})", "Invalid JSON: unpaired surrogate"),
      Refused("a low surrogate alone", R"({"sku":"\udc00"})", "Invalid JSON: unpaired surrogate"),
      Refused("a high surrogate and a letter", R"({"sku":"\ud800x"})",
              "Invalid JSON: unpaired surrogate"),
  };
  const std::string sample(kSampleProduct);
  for (const std::size_t length : {std::size_t{1}, sample.size() / 2, sample.size() - 1}) {
    cases.push_back(Refused("cut after " + std::to_string(length) + " bytes",
                            sample.substr(0, length), "Invalid JSON: unexpected EOF"));
  }
  return cases;
}

std::vector<ContractCase> TypeCases() {
  const std::string whole = "Invalid JSON: json: cannot unmarshal ";
  const std::string type = " into Go value of type models.Product";
  std::vector<ContractCase> cases;
  for (const auto& [body, kind] :
       std::vector<std::pair<std::string, std::string>>{{"[]", "array"},
                                                        {"[{}]", "array"},
                                                        {"\"s\"", "string"},
                                                        {"\"\"", "string"},
                                                        {"5", "number"},
                                                        {"-0.5e3", "number"},
                                                        {"true", "bool"},
                                                        {"false", "bool"}}) {
    cases.push_back(Refused("a body of " + body, body, whole + kind + type));
  }
  for (const std::string field : {"product_id", "category_id", "weight", "some_other_id"}) {
    for (const auto& [value, kind] : std::vector<std::pair<std::string, std::string>>{
             {"\"1\"", "string"},
             {"true", "bool"},
             {"false", "bool"},
             {"[1]", "array"},
             {"{}", "object"},
             {"1.5", "number 1.5"},
             {"1.0", "number 1.0"},
             {"1e2", "number 1e2"},
             {"-0.0", "number -0.0"},
             {"9223372036854775808", "number 9223372036854775808"},
             {"-9223372036854775809", "number -9223372036854775809"},
             {"123456789012345678901234567890", "number 123456789012345678901234567890"}}) {
      std::string message = whole;
      message.append(kind).append(" into Go struct field Product.").append(field);
      cases.push_back(
          Refused(field + ": " + value, ProductWith({{field, value}}), message + " of type int"));
    }
  }
  for (const std::string field : {"sku", "manufacturer"}) {
    for (const auto& [value, kind] :
         std::vector<std::pair<std::string, std::string>>{{"5", "number"},
                                                          {"1.5", "number"},
                                                          {"true", "bool"},
                                                          {"[]", "array"},
                                                          {"{\"a\":1}", "object"}}) {
      std::string message = whole;
      message.append(kind).append(" into Go struct field Product.").append(field);
      cases.push_back(Refused(field + ": " + value, ProductWith({{field, value}}),
                              message + " of type string"));
    }
  }
  return cases;
}

}  // namespace products::contract
