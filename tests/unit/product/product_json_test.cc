#include "core/product/product_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/product/product_text.h"

namespace products {
namespace {

constexpr ProductId kPathId = 1;

const Product kSample = {1, "ABC-123-XYZ", "Acme Corporation", 456, 1250, 789};
constexpr std::string_view kSampleJson =
    R"({"product_id":1,"sku":"ABC-123-XYZ","manufacturer":"Acme Corporation",)"
    R"("category_id":456,"weight":1250,"some_other_id":789})";

struct Row {
  std::string body;
  std::string answer;
};

void ExpectAnswers(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(AnswerOf(ParseProduct(row.body, kPathId)), row.answer) << "body: " << row.body;
  }
}

TEST(ProductJson, SampleProductParsesToItsFields) {
  const Result<Product> product = ParseProduct(kSampleJson, kPathId);
  ASSERT_TRUE(product.ok()) << product.error().message;
  EXPECT_EQ(*product, kSample);
}

TEST(ProductJson, SampleProductRendersTo123Bytes) {
  EXPECT_EQ(RenderProduct(kSample), std::string(kSampleJson) + "\n");
  EXPECT_EQ(RenderProduct(kSample).size(), 123U);
}

TEST(ProductJson, AppendKeepsWhatIsThere) {
  std::string out = "before ";
  AppendProduct(out, kSample);
  EXPECT_EQ(out, "before " + std::string(kSampleJson) + "\n");
}

TEST(ProductJson, BodyThatIsNotJsonIsRefusedInTheContractsWords) {
  ExpectAnswers({
      {"not json", "Invalid JSON: invalid character 'o' in literal null (expecting 'u')"},
      {"", "Invalid JSON: EOF"},
      {R"({"sku":"a)", "Invalid JSON: unexpected EOF"},
      {R"({"invalid": json})",
       "Invalid JSON: invalid character 'j' looking for beginning of value"},
      {R"({"sku":"a",})",
       "Invalid JSON: invalid character '}' looking for beginning of object key string"},
      {"{\"sku\":\"a\nb\"}", R"(Invalid JSON: invalid character '\n' in string literal)"},
      {std::string(kSampleJson) + "x", "Invalid JSON: invalid character 'x' after top-level value"},
      {"[]", "Invalid JSON: json: cannot unmarshal array into Go value of type models.Product"},
      {"\"s\"", "Invalid JSON: json: cannot unmarshal string into Go value of type models.Product"},
      {"5", "Invalid JSON: json: cannot unmarshal number into Go value of type models.Product"},
      {"true", "Invalid JSON: json: cannot unmarshal bool into Go value of type models.Product"},
      {R"({"product_id":"1"})",
       "Invalid JSON: json: cannot unmarshal string into Go struct field Product.product_id of "
       "type int"},
      {R"({"sku":5})",
       "Invalid JSON: json: cannot unmarshal number into Go struct field Product.sku of type "
       "string"},
  });
}

TEST(ProductJson, WeightThatIsNoIntegerOf64BitsIsRefusedWithItsLiteral) {
  for (const std::string literal : {"1.5", "1.0", "1e2", "9223372036854775808", "-0.0", "1E-400",
                                    "-9223372036854775809", "1e400"}) {
    EXPECT_EQ(AnswerOf(ParseProduct(ProductWith(R"("weight":)" + literal), kPathId)),
              "Invalid JSON: json: cannot unmarshal number " + literal +
                  " into Go struct field Product.weight of type int");
  }
}

TEST(ProductJson, TextThatIsNotUnicodeIsRefusedWhereverItStands) {
  const std::vector<std::string> malformed_utf8 = {
      "\xff",
      "\x80",
      "\xc3",
      "\xc3(",
      "\xc0\xaf",
      "\xe2\x82",
      "\xe2\x82(",
      "\xe0\x80\xaf",
      "\xed\xa0\x80",
      "\xed\xbf\xbf",
      "\xf0\x9f\x98",
      "\xf0\x80\x80\xaf",
      "\xf4\x90\x80\x80",
      "\xf5\x80\x80\x80",
      "a\xfe",
  };
  const std::vector<std::string> unpaired_surrogates = {
      R"(\ud800)",
      R"(\udbff)",
      R"(\udc00)",
      R"(\udfff)",
      R"(\ud800x)",
      R"(\ud800\n)",
      R"(\ud800\u0041)",
      R"(\ud800\ud800\udc00)",
      R"(\ud83d\ude00\ude00)",
      R"(\uDC00\uD800)",
  };
  const auto expect = [](const std::string& text, const std::string& answer) {
    const std::vector<std::string> places = {
        R"({"sku":"TEXT"})",
        R"({"manufacturer":"aTEXTb"})",
        R"({"unknown":"TEXT"})",
        R"({"TEXT":1})",
        R"({"unknown":{"TEXT":[]}})",
        R"({"unknown":[["TEXT"]]})",
        R"({"product_id":1,"TEXT":1})",
        R"("TEXT")",
        R"(["TEXT"])",
    };
    for (std::string body : places) {
      body.replace(body.find("TEXT"), 4, text);
      EXPECT_EQ(AnswerOf(ParseProduct(body, kPathId)), answer) << "body: " << body;
    }
  };
  for (const std::string& text : malformed_utf8) expect(text, "Invalid JSON: invalid UTF-8");
  for (const std::string& text : unpaired_surrogates) {
    expect(text, "Invalid JSON: unpaired surrogate");
  }
}

TEST(ProductJson, GrammarComesBeforeUnicodeAndUnicodeBeforeTypes) {
  ExpectAnswers({
      {"{\"sku\":\"\xff\"", "Invalid JSON: unexpected EOF"},
      {"{\"sku\":\"\xff\",}",
       "Invalid JSON: invalid character '}' looking for beginning of object key string"},
      {"{\"sku\":\"\\ud800\"} x", "Invalid JSON: invalid character 'x' after top-level value"},
      {R"({"sku":5,"weight":})",
       "Invalid JSON: invalid character '}' looking for beginning of value"},
      {"{\"weight\":\"5\",\"unknown\":\"\xff\"}", "Invalid JSON: invalid UTF-8"},
      {"{\"sku\":\"\\udc00\",\"unknown\":\"\xff\"}", "Invalid JSON: invalid UTF-8"},
      {R"({"weight":[],"unknown":"\udc00"})", "Invalid JSON: unpaired surrogate"},
  });
}

TEST(ProductJson, FirstWrongTypeWinsOverLaterOnesAndOverTheRules) {
  ExpectAnswers({
      {R"({"weight":true,"sku":5})",
       "Invalid JSON: json: cannot unmarshal bool into Go struct field Product.weight of type int"},
      {R"({"sku":"","weight":{}})",
       "Invalid JSON: json: cannot unmarshal object into Go struct field Product.weight of type "
       "int"},
      {R"({"sku":[],"sku":"s"})",
       "Invalid JSON: json: cannot unmarshal array into Go struct field Product.sku of type "
       "string"},
  });
}

TEST(ProductJson, NulByteAfterTheObjectIsNotTheEnd) {
  using std::string_literals::operator""s;
  ExpectAnswers({
      {ProductWith("") + "\0"s, R"(Invalid JSON: invalid character '\x00' after top-level value)"},
      {ProductWith("") + " \0x"s,
       R"(Invalid JSON: invalid character '\x00' after top-level value)"},
      {"{\0}"s,
       R"(Invalid JSON: invalid character '\x00' looking for beginning of object key string)"},
      {"\0"s, R"(Invalid JSON: invalid character '\x00' looking for beginning of value)"},
  });
}

TEST(ProductJson, WhitespaceAroundEveryTokenIsAllowed) {
  const Result<Product> product = ParseProduct(
      " \t\r\n{ \"sku\" :\t\"s\" ,\"manufacturer\":\r\n\"m\",\"category_id\" : 1 , "
      "\"some_other_id\":1 }\r\n\t ",
      kPathId);
  ASSERT_TRUE(product.ok()) << product.error().message;
  EXPECT_EQ(*product, (Product{1, "s", "m", 1, 0, 1}));
}

TEST(ProductJson, UnknownFieldsMayHoldAnything) {
  const std::string members =
      R"("a":null,"b":[1,"x",{"sku":5,"weight":[]}],"c":{"product_id":"1","sku":null},)"
      R"("d":1e400,"e":-1e999999999999,"f":)" +
      Repeat("9", 400) + R"(,"g":true,"SKU":5,"Weight":"w","":0,"sku ":{},"h":0.)" +
      Repeat("1", 400) + R"(,"i":1e-99999999999)";
  const Result<Product> product = ParseProduct(ProductWith(members), kPathId);
  ASSERT_TRUE(product.ok()) << product.error().message;
  EXPECT_EQ(*product, (Product{1, "s", "m", 1, 0, 1}));
}

TEST(ProductJson, KeysAndTextsMayBeSpeltWithEscapes) {
  const Result<Product> product = ParseProduct(
      R"({"\u0073ku":"\"\\\/\b\f\n\r\t\u0000","m\u0061nufacturer":"\ud83d\uDE00\u00e9",)"
      R"("category\u005fid":2,"some_other_id":3})",
      kPathId);
  ASSERT_TRUE(product.ok()) << product.error().message;
  EXPECT_EQ(product->sku, std::string("\"\\/\b\f\n\r\t\0", 9));
  EXPECT_EQ(product->manufacturer, "\xF0\x9F\x98\x80\xC3\xA9");
  EXPECT_EQ(product->category_id, 2);
  ExpectAnswers({{R"({"\u0073\u006bu":5})",
                  "Invalid JSON: json: cannot unmarshal number into Go struct field Product.sku of "
                  "type string"},
                 {R"({"sku\n":5,"sku\u0100":5})", "sku is required"}});
}

TEST(ProductJson, LastOfEqualKeysCountsAndNullLeavesTheValueBefore) {
  const Result<Product> product = ParseProduct(
      ProductWith(R"("sku":"first","sku":"second","sku":null,"weight":5,"weight":6,"weight":null,)"
                  R"("product_id":7,"product_id":1,"product_id":null)"),
      kPathId);
  ASSERT_TRUE(product.ok()) << product.error().message;
  EXPECT_EQ(*product, (Product{1, "second", "m", 1, 6, 1}));
}

TEST(ProductJson, NestingIsBoundedAndNeverUsesTheThreadsStack) {
  const auto body = [](std::size_t depth) {
    return ProductWith(R"("deep":)" + Repeat("[", depth) + Repeat("]", depth));
  };
  EXPECT_EQ(AnswerOf(ParseProduct(body(9999), kPathId)), "accepted");
  EXPECT_EQ(AnswerOf(ParseProduct(body(10000), kPathId)),
            "Invalid JSON: invalid character '[' exceeded max depth");
  EXPECT_EQ(AnswerOf(ParseProduct(Repeat(R"({"a":)", 1000000), kPathId)),
            "Invalid JSON: invalid character '{' exceeded max depth");
}

TEST(ProductJson, RenderedTextsAreEscapedForEveryReader) {
  Product product = kSample;
  product.sku = "<a&b>\"\\/\n\x01\x7F";
  product.manufacturer = "\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xA7\xF0\x9F\x98\x80";
  const std::string json = RenderProduct(product);
  EXPECT_NE(json.find(R"("sku":"\u003ca\u0026b\u003e\"\\/\n\u0001)"
                      "\x7F\""),
            std::string::npos)
      << json;
  EXPECT_NE(json.find("\"manufacturer\":\"\\u2028\\u2029\xE2\x80\xA7\xF0\x9F\x98\x80\""),
            std::string::npos)
      << json;
}

TEST(ProductJson, EveryValidProductSurvivesRenderAndParse) {
  constexpr int kProducts = 20'000;
  constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
  std::mt19937_64 random(20240607);
  const auto up_to = [&random](std::uint64_t bound) { return random() % bound; };
  const auto append_character = [&](std::string& text) {
    static constexpr std::uint64_t kRanges[] = {0x80, 0x800, 0x10000, 0x110000};
    std::uint64_t code_point = up_to(kRanges[up_to(4)]);
    if (code_point >= 0xD800 && code_point <= 0xDFFF) code_point = 0x2028;
    const auto put = [&text](std::uint64_t byte) { text += static_cast<char>(byte); };
    if (code_point < 0x80) {
      put(code_point);
    } else if (code_point < 0x800) {
      put(0xC0 | code_point >> 6);
      put(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
      put(0xE0 | code_point >> 12);
      put(0x80 | (code_point >> 6 & 0x3F));
      put(0x80 | (code_point & 0x3F));
    } else {
      put(0xF0 | code_point >> 18);
      put(0x80 | (code_point >> 12 & 0x3F));
      put(0x80 | (code_point >> 6 & 0x3F));
      put(0x80 | (code_point & 0x3F));
    }
  };
  const auto integer = [&](std::int32_t minimum) {
    const std::uint64_t choice = up_to(4);
    if (choice == 0) return minimum;
    if (choice == 1) return kMax;
    return static_cast<std::int32_t>(minimum + up_to(static_cast<std::uint64_t>(kMax - minimum)));
  };
  for (int i = 0; i < kProducts; ++i) {
    Product product{integer(1), "", "", integer(1), integer(0), integer(1)};
    for (std::uint64_t n = 1 + up_to(100); n > 0; --n) append_character(product.sku);
    for (std::uint64_t n = 1 + up_to(200); n > 0; --n) append_character(product.manufacturer);
    const std::string json = RenderProduct(product);
    const Result<Product> for_path = ParseProduct(json, product.product_id);
    ASSERT_TRUE(for_path.ok()) << for_path.error().message << json;
    ASSERT_EQ(*for_path, product);
    const Result<Product> with_own_id = ParseProduct(json);
    ASSERT_TRUE(with_own_id.ok()) << with_own_id.error().message << json;
    ASSERT_EQ(*with_own_id, product);
  }
}

}  // namespace
}  // namespace products
