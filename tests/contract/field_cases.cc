// Bodies that are JSON: which fields are right, what is stored, and what is looked at first.

#include <string>
#include <utility>
#include <vector>

#include "tests/contract/contract_case.h"

namespace products::contract {
namespace {

// A text of `count` times `part`, as JSON.
std::string Repeated(std::string_view part, std::size_t count) {
  std::string text = "\"";
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text + "\"";
}

ContractCase Kept(std::string name, const std::string& product) {
  return Accepted(std::move(name), product, product);
}

std::vector<ContractCase> TextCases() {
  const std::string sku_required = "sku is required";
  const std::string manufacturer_required = "manufacturer is required";
  const std::string sku_long = "sku must be at most 100 characters";
  const std::string manufacturer_long = "manufacturer must be at most 200 characters";
  std::vector<ContractCase> cases = {
      Refused("null", "null", sku_required),
      Refused("an empty object", "{}", sku_required),
      Refused("sku missing", ProductWith({{"sku", ""}}), sku_required),
      Refused("sku null", ProductWith({{"sku", "null"}}), sku_required),
      Refused("sku empty", ProductWith({{"sku", "\"\""}}), sku_required),
      Refused("only sku", R"({"sku":"a"})", manufacturer_required),
      Refused("manufacturer missing", ProductWith({{"manufacturer", ""}}), manufacturer_required),
      Refused("manufacturer null", ProductWith({{"manufacturer", "null"}}), manufacturer_required),
      Refused("manufacturer empty", ProductWith({{"manufacturer", "\"\""}}), manufacturer_required),
      Kept("a blank is a character", ProductWith({{"sku", "\" \""}})),
  };
  // Of one, two, three and four bytes: a character is a code point.
  for (const std::string letter : {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    const auto sku = [&](std::size_t n) { return ProductWith({{"sku", Repeated(letter, n)}}); };
    const auto manufacturer = [&](std::size_t n) {
      return ProductWith({{"manufacturer", Repeated(letter, n)}});
    };
    cases.push_back(Kept("sku of 100 " + letter, sku(100)));
    cases.push_back(Refused("sku of 101 " + letter, sku(101), sku_long));
    cases.push_back(Kept("manufacturer of 200 " + letter, manufacturer(200)));
    cases.push_back(Refused("manufacturer of 201 " + letter, manufacturer(201), manufacturer_long));
  }
  cases.push_back(Accepted("100 escaped pairs of surrogates are 100 characters",
                           ProductWith({{"sku", Repeated(R"(\ud83d\ude00)", 100)}}),
                           ProductWith({{"sku", Repeated("\xF0\x9F\x98\x80", 100)}})));
  return cases;
}

std::vector<ContractCase> NumberCases() {
  std::vector<ContractCase> cases;
  for (const std::string field : {"category_id", "some_other_id"}) {
    const std::string too_small = field + R"( must be \u003e= 1)";
    for (const std::string value :
         {"", "null", "0", "-0", "-1", "-2147483648", "-9223372036854775808"}) {
      cases.push_back(
          Refused(field + " '" + value + "'", ProductWith({{field, value}}), too_small));
    }
    cases.push_back(Kept(field + " 1", ProductWith({{field, "1"}})));
  }
  for (const std::string value : {"", "null", "-0", "0"}) {
    cases.push_back(Accepted("weight '" + value + "' is 0", ProductWith({{"weight", value}}),
                             ProductWith({{"weight", "0"}})));
  }
  for (const std::string value : {"-1", "-2147483649", "-9223372036854775808"}) {
    cases.push_back(Refused("weight " + value, ProductWith({{"weight", value}}),
                            R"(weight must be \u003e= 0)"));
  }
  for (const std::string field : {"category_id", "weight", "some_other_id"}) {
    cases.push_back(Kept(field + " 2147483647", ProductWith({{field, "2147483647"}})));
    for (const std::string value : {"2147483648", "9223372036854775807"}) {
      cases.push_back(Refused(field + " " + value, ProductWith({{field, value}}),
                              field + R"( must be \u003c= 2147483647)"));
    }
  }
  for (const std::string value : {"", "null", "0", "-0", "1"}) {
    cases.push_back(Accepted("product_id '" + value + "'", ProductWith({{"product_id", value}}),
                             ProductWith({})));
  }
  for (const std::string value :
       {"2", "-1", "2147483647", "2147483648", "9223372036854775807", "-9223372036854775808"}) {
    ContractCase other = Refused("product_id " + value, ProductWith({{"product_id", value}}),
                                 "product_id must match productId in the path");
    if (value == "2147483648" || value == "9223372036854775807") {
      other.answer = InvalidInput(R"(product_id must be \u003c= 2147483647)");
    }
    cases.push_back(std::move(other));
  }
  return cases;
}

std::vector<ContractCase> FormCases() {
  const std::string plain = ProductWith({});
  const std::string last_wins =
      R"({"sku":"first","product_id":1,"sku":"S","manufacturer":"M","category_id":9,)"
      R"("category_id":2,"weight":3,"some_other_id":4})";
  return {
      Accepted("unknown fields", R"({"colour":{"a":[1,null,"x"]},"b":[[]],)" + plain.substr(1),
               plain),
      Accepted("a key twice", last_wins, plain),
      Accepted("null after a value keeps the value",
               R"({"sku":"S","sku":null,)" + ProductWith({{"sku", ""}}).substr(1), plain),
      Accepted("another order, and white space",
               " { \"weight\" : 3 ,\r\n\t\"some_other_id\":4, \"category_id\":2,\n"
               "\"manufacturer\":\"M\", \"sku\":\"S\" } \n",
               plain),
      Accepted("escapes in keys", R"({"\u0073ku":"S",)" + ProductWith({{"sku", ""}}).substr(1),
               plain),
      Accepted("what HTML would read is escaped", ProductWith({{"sku", R"("<a>&b")"}}),
               ProductWith({{"sku", R"("\u003ca\u003e\u0026b")"}})),
      Accepted("line separators are escaped",
               ProductWith({{"sku", "\"\xE2\x80\xA8\xE2\x80\xA9\""}}),
               ProductWith({{"sku", R"("\u2028\u2029")"}})),
      Accepted("a slash is not escaped", ProductWith({{"sku", R"("a\/b/c")"}}),
               ProductWith({{"sku", R"("a/b/c")"}})),
      Accepted("quotes and backslashes are", ProductWith({{"sku", R"("\"\\\u0022\u005c")"}}),
               ProductWith({{"sku", R"("\"\\\"\\")"}})),
      Accepted("\\n \\r \\t keep their short forms", ProductWith({{"sku", R"("\n\r\t\u000a")"}}),
               ProductWith({{"sku", R"("\n\r\t\n")"}})),
      Kept("other control characters stay \\u escapes",
           ProductWith({{"sku", R"("\u0001\u001f")"}})),
      Accepted("other letters go out raw", ProductWith({{"sku", R"("\u00e9\u20ac\ud83d\ude00")"}}),
               ProductWith({{"sku", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""}})),
      Kept("DEL goes out raw", ProductWith({{"sku", "\"\x7F\""}})),
  };
}

void Append(std::vector<ContractCase>& cases, std::vector<ContractCase> more) {
  for (ContractCase& row : more) cases.push_back(std::move(row));
}

}  // namespace

std::vector<ContractCase> FieldCases() {
  std::vector<ContractCase> cases = TextCases();
  Append(cases, NumberCases());
  Append(cases, FormCases());

  ContractCase any_case =
      Refused("keys differ from fields when their case does",
              R"({"SKU":"S",)" + ProductWith({{"sku", ""}}).substr(1), "sku is required");
  any_case.answerer = Answerer::kProductdOnly;
  any_case.reason = "encoding/json takes a key in any case";
  cases.push_back(std::move(any_case));
  return cases;
}

std::vector<ContractCase> CheckOrderCases() {
  // Each step mends the first fault of the body before it, and the next one is answered.
  std::vector<ContractCase> cases = {
      Refused("a syntax error before all fields",
              R"({"sku":"","manufacturer":"","category_id":"x","weight":-1,})",
              R"(Invalid JSON: invalid character '}' looking for beginning of object key string)"),
      Refused("a wrong type before all fields", R"({"sku":"","weight":-1,"category_id":"x"})",
              "Invalid JSON: json: cannot unmarshal string into Go struct field "
              "Product.category_id of type int"),
      Refused("the first wrong type of several", R"({"weight":true,"sku":5,"category_id":"x"})",
              "Invalid JSON: json: cannot unmarshal bool into Go struct field Product.weight of "
              "type int"),
      Refused("a syntax error after a wrong type", R"({"sku":5,"weight":})",
              "Invalid JSON: invalid character '}' looking for beginning of value"),
      Refused("text that is not Unicode before a wrong type",
              "{\"sku\":5,\"manufacturer\":\"\xFF\"}", "Invalid JSON: invalid UTF-8"),
      Refused("a syntax error before text that is not Unicode", "{\"sku\":\"\xFF\",}",
              "Invalid JSON: invalid character '}' looking for beginning of object key string"),
  };
  std::map<std::string, std::string> faults = {{"product_id", "2"},      {"sku", "\"\""},
                                               {"manufacturer", "\"\""}, {"category_id", "0"},
                                               {"weight", "-1"},         {"some_other_id", "0"}};
  const std::vector<std::pair<std::string, std::string>> order = {
      {"sku", "sku is required"},
      {"manufacturer", "manufacturer is required"},
      {"category_id", R"(category_id must be \u003e= 1)"},
      {"weight", R"(weight must be \u003e= 0)"},
      {"some_other_id", R"(some_other_id must be \u003e= 1)"},
      {"product_id", "product_id must match productId in the path"}};
  for (const auto& [field, message] : order) {
    cases.push_back(Refused(field + " is the first fault", ProductWith(faults), message));
    faults.erase(field);
  }
  cases.push_back(Accepted("no fault is left", ProductWith(faults), ProductWith({})));
  return cases;
}

}  // namespace products::contract
