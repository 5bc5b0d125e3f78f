#include "core/product/json_diagnosis.h"

#include <gtest/gtest.h>

#include <string>

#include "core/product/product_json.h"
#include "tests/unit/product/body_mutations.h"
#include "tests/unit/product/product_text.h"

namespace products {
namespace {

TEST(JsonDiagnosis, NothingIsWrongWithAProduct) {
  EXPECT_EQ(DiagnoseProductJson(ProductWith("")), "");
  EXPECT_EQ(DiagnoseProductJson("null"), "");
  // The rules of a product are not its matter.
  EXPECT_EQ(DiagnoseProductJson("{}"), "");
}

TEST(JsonDiagnosis, EveryByteThatCannotBeginAValueIsQuotedAsGoDoes) {
  const auto quoted = [](unsigned char byte) {
    const std::string said = DiagnoseProductJson(std::string(1, static_cast<char>(byte)));
    constexpr std::string_view kBefore = "invalid character ";
    constexpr std::string_view kAfter = " looking for beginning of value";
    EXPECT_TRUE(said.starts_with(kBefore) && said.ends_with(kAfter)) << said;
    return said.substr(kBefore.size(), said.size() - kBefore.size() - kAfter.size());
  };
  EXPECT_EQ(quoted(0x00), R"('\x00')");
  EXPECT_EQ(quoted(0x07), R"('\a')");
  EXPECT_EQ(quoted(0x0B), R"('\v')");
  EXPECT_EQ(quoted(0x1F), R"('\x1f')");
  EXPECT_EQ(quoted('\''), R"('\'')");
  EXPECT_EQ(quoted('\\'), R"('\\')");
  EXPECT_EQ(quoted('~'), "'~'");
  EXPECT_EQ(quoted(0x7F), R"('\x7f')");
  EXPECT_EQ(quoted(0x80), R"('\u0080')");
  EXPECT_EQ(quoted(0xA0), R"('\u00a0')");
  EXPECT_EQ(quoted(0xA1), "'\xC2\xA1'");
  EXPECT_EQ(quoted(0xAD), R"('\u00ad')");
  EXPECT_EQ(quoted(0xFF), "'\xC3\xBF'");
}

TEST(JsonDiagnosis, KeysInAnotherLetterCaseAreUnknown) {
  // encoding/json takes them for the field; the contract wants the exact key.
  EXPECT_EQ(DiagnoseProductJson(R"({"SKU":5,"Weight":"x","Product_ID":[]})"), "");
}

TEST(JsonDiagnosis, EveryPrefixOfAProductIsAnEndThatComesTooEarly) {
  const std::string body =
      ProductWith(R"("a":[1.5e-3,true,false,null,{"b":"\n\u0041"}],"weight":7)");
  for (std::size_t length = 1; length < body.size(); ++length) {
    EXPECT_EQ(DiagnoseProductJson(body.substr(0, length)), "unexpected EOF")
        << body.substr(0, length);
  }
}

TEST(JsonDiagnosis, ParserAndDiagnosisAgreeOnWhatIsJson) {
  constexpr int kBodies = 100'000;
  BodyMutations mutations(1);
  int accepted = 0;
  for (int i = 0; i < kBodies; ++i) {
    const std::string body = mutations.Next();
    const Result<Product> product = ParseProduct(body, 1);
    const std::string diagnosis = DiagnoseProductJson(body);
    if (product.ok()) {
      ++accepted;
      ASSERT_EQ(diagnosis, "") << "body: " << body;
    } else {
      ASSERT_EQ(product.error().code, ErrorCode::kInvalidArgument) << "body: " << body;
      ASSERT_EQ(product.error().message.starts_with("Invalid JSON: "), !diagnosis.empty())
          << "body: " << body;
    }
  }
  // The mutations are of use only while some leave a product and some do not.
  EXPECT_GT(accepted, kBodies / 50);
  EXPECT_LT(accepted, kBodies / 2);
}

}  // namespace
}  // namespace products
