#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/product/product_json.h"
#include "tests/unit/product/product_text.h"

namespace products {
namespace {

constexpr ProductId kPathId = 7;
constexpr const char* kEmoji = "\xF0\x9F\x98\x80";

struct Row {
  std::string members;
  std::string answer;
};

void ExpectAnswersForPath(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(AnswerOf(ParseProduct(ProductWith(row.members), kPathId)), row.answer)
        << "members: " << row.members;
  }
}

std::string Text(std::string_view field, std::string_view value) {
  std::string member = "\"";
  member.append(field).append("\":\"").append(value).append("\"");
  return member;
}

TEST(ProductRules, TextsAreRequired) {
  EXPECT_EQ(AnswerOf(ParseProduct("null", kPathId)), "sku is required");
  EXPECT_EQ(AnswerOf(ParseProduct(" null ", kPathId)), "sku is required");
  EXPECT_EQ(AnswerOf(ParseProduct("{}", kPathId)), "sku is required");
  EXPECT_EQ(AnswerOf(ParseProduct(R"({"sku":null})", kPathId)), "sku is required");
  EXPECT_EQ(AnswerOf(ParseProduct(R"({"sku":""})", kPathId)), "sku is required");
  EXPECT_EQ(AnswerOf(ParseProduct(R"({"sku":"s"})", kPathId)), "manufacturer is required");
  EXPECT_EQ(AnswerOf(ParseProduct(R"({"sku":"s","manufacturer":null})", kPathId)),
            "manufacturer is required");
  EXPECT_EQ(AnswerOf(ParseProduct(R"({"sku":"s","manufacturer":""})", kPathId)),
            "manufacturer is required");
}

TEST(ProductRules, LengthsAreCountedInCharactersNotBytes) {
  ExpectAnswersForPath({
      {Text("sku", "a"), "accepted"},
      {Text("sku", Repeat("a", 100)), "accepted"},
      {Text("sku", Repeat("a", 101)), "sku must be at most 100 characters"},
      {Text("sku", Repeat(kEmoji, 100)), "accepted"},
      {Text("sku", Repeat(kEmoji, 101)), "sku must be at most 100 characters"},
      {Text("sku", Repeat("\xC3\xA9", 100)), "accepted"},
      {Text("sku", Repeat("\xC3\xA9", 100) + "a"), "sku must be at most 100 characters"},
      {Text("sku", Repeat(R"(\ud83d\ude00)", 100)), "accepted"},
      {Text("sku", Repeat(R"(\ud83d\ude00)", 101)), "sku must be at most 100 characters"},
      {Text("sku", Repeat("e\xCC\x81", 50)), "accepted"},
      {Text("sku", Repeat("e\xCC\x81", 51)), "sku must be at most 100 characters"},
      {Text("manufacturer", Repeat("a", 200)), "accepted"},
      {Text("manufacturer", Repeat("a", 201)), "manufacturer must be at most 200 characters"},
      {Text("manufacturer", Repeat(kEmoji, 200)), "accepted"},
      {Text("manufacturer", Repeat(kEmoji, 201)), "manufacturer must be at most 200 characters"},
      {Text("manufacturer", Repeat("\xE2\x82\xAC", 60000)),
       "manufacturer must be at most 200 characters"},
  });
}

TEST(ProductRules, IntegersHaveTheirLimits) {
  ExpectAnswersForPath({
      {R"("category_id":0)", "category_id must be >= 1"},
      {R"("category_id":-1)", "category_id must be >= 1"},
      {R"("category_id":-0)", "category_id must be >= 1"},
      {R"("category_id":-2147483649)", "category_id must be >= 1"},
      {R"("category_id":-9223372036854775808)", "category_id must be >= 1"},
      {R"("category_id":2147483647)", "accepted"},
      {R"("category_id":2147483648)", "category_id must be <= 2147483647"},
      {R"("category_id":9223372036854775807)", "category_id must be <= 2147483647"},
      {R"("weight":0)", "accepted"},
      {R"("weight":-0)", "accepted"},
      {R"("weight":null)", "accepted"},
      {R"("weight":-1)", "weight must be >= 0"},
      {R"("weight":-9223372036854775808)", "weight must be >= 0"},
      {R"("weight":2147483647)", "accepted"},
      {R"("weight":2147483648)", "weight must be <= 2147483647"},
      {R"("weight":9223372036854775807)", "weight must be <= 2147483647"},
      {R"("some_other_id":0)", "some_other_id must be >= 1"},
      {R"("some_other_id":-5)", "some_other_id must be >= 1"},
      {R"("some_other_id":2147483647)", "accepted"},
      {R"("some_other_id":4294967297)", "some_other_id must be <= 2147483647"},
  });
}

TEST(ProductRules, MissingIntegersCountAsZero) {
  EXPECT_EQ(AnswerOf(ParseProduct(R"({"sku":"s","manufacturer":"m"})", kPathId)),
            "category_id must be >= 1");
  EXPECT_EQ(AnswerOf(ParseProduct(R"({"sku":"s","manufacturer":"m","category_id":null})", kPathId)),
            "category_id must be >= 1");
  EXPECT_EQ(AnswerOf(ParseProduct(R"({"sku":"s","manufacturer":"m","category_id":1})", kPathId)),
            "some_other_id must be >= 1");
}

TEST(ProductRules, RefusalsComeInTheContractsOrder) {
  // Every rule is broken at first; each row mends what the row before complained about.
  std::string body = R"({"product_id":8,"category_id":-1,"weight":-1,"some_other_id":-1)";
  const std::vector<Row> rows = {
      {"", "sku is required"},
      {R"(,"sku":"s")", "manufacturer is required"},
      {R"(,"manufacturer":"m")", "category_id must be >= 1"},
      {R"(,"category_id":1)", "weight must be >= 0"},
      {R"(,"weight":0)", "some_other_id must be >= 1"},
      {R"(,"some_other_id":1)", "product_id must match productId in the path"},
      {R"(,"product_id":7)", "accepted"},
  };
  for (const Row& row : rows) {
    body += row.members;
    EXPECT_EQ(AnswerOf(ParseProduct(body + "}", kPathId)), row.answer) << body;
  }
}

TEST(ProductRules, TooLargeAnIntegerIsRefusedAtItsFieldsPlaceInTheOrder) {
  const std::string too_large =
      R"({"product_id":2147483648,"category_id":2147483648,"weight":2147483648,)"
      R"("some_other_id":2147483648)";
  const std::vector<Row> rows = {
      {"", "sku is required"},
      {R"(,"sku":"s","manufacturer":"m")", "category_id must be <= 2147483647"},
      {R"(,"category_id":1)", "weight must be <= 2147483647"},
      {R"(,"weight":0)", "some_other_id must be <= 2147483647"},
      {R"(,"some_other_id":1)", "product_id must be <= 2147483647"},
  };
  std::string body = too_large;
  for (const Row& row : rows) {
    body += row.members;
    EXPECT_EQ(AnswerOf(ParseProduct(body + "}", kPathId)), row.answer) << body;
  }
}

TEST(ProductRules, ProductIdOfTheBodyMayBeAbsentNullZeroOrThatOfThePath) {
  ExpectAnswersForPath({
      {"", "accepted"},
      {R"("product_id":null)", "accepted"},
      {R"("product_id":0)", "accepted"},
      {R"("product_id":-0)", "accepted"},
      {R"("product_id":7)", "accepted"},
      {R"("product_id":8)", "product_id must match productId in the path"},
      {R"("product_id":-7)", "product_id must match productId in the path"},
      {R"("product_id":-9223372036854775808)", "product_id must match productId in the path"},
      {R"("product_id":2147483648)", "product_id must be <= 2147483647"},
      {R"("product_id":4294967303)", "product_id must be <= 2147483647"},
  });
  EXPECT_EQ(ParseProduct(ProductWith(""), kPathId)->product_id, kPathId);
}

TEST(ProductRules, ProductThatCarriesItsOwnIdNeedsOne) {
  const std::vector<Row> rows = {
      {"", "product_id is required"},
      {R"("product_id":null)", "product_id is required"},
      {R"("product_id":0)", "product_id must be >= 1"},
      {R"("product_id":-1)", "product_id must be >= 1"},
      {R"("product_id":1)", "accepted"},
      {R"("product_id":2147483647)", "accepted"},
      {R"("product_id":2147483648)", "product_id must be <= 2147483647"},
      {R"("product_id":0,"weight":-1)", "weight must be >= 0"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(AnswerOf(ParseProduct(ProductWith(row.members))), row.answer) << row.members;
  }
  EXPECT_EQ(ParseProduct(ProductWith(R"("product_id":12)"))->product_id, 12);
}

TEST(ProductRules, EveryRefusalIsAnInvalidArgument) {
  for (const char* const body : {"", "[]", "{}", "{\"sku\":\"\xff\"}", R"({"sku":5})"}) {
    const Result<Product> product = ParseProduct(body, kPathId);
    ASSERT_FALSE(product.ok());
    EXPECT_EQ(product.error().code, ErrorCode::kInvalidArgument) << body;
  }
}

}  // namespace
}  // namespace products
