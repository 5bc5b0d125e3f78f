#include "tests/unit/product/go_answers.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/product/json_diagnosis.h"
#include "core/product/product_json.h"
#include "tests/unit/product/product_text.h"

namespace products {
namespace {

constexpr std::string_view kInvalidJson = "Invalid JSON: ";

TEST(GoAnswers, EveryRecordedBodyIsAnsweredWithTheRecordedBytes) {
  const std::vector<GoAnswer> answers = ReadGoAnswers();
  EXPECT_GE(answers.size(), 500U);
  for (const GoAnswer& row : answers) {
    EXPECT_EQ(StoredOrRefused(ParseProduct(row.body, 1)), row.answer)
        << "line " << row.line << ": " << row.text;
  }
}

TEST(GoAnswers, DiagnosisAloneFindsTheSameAndNothingInWellFormedProducts) {
  for (const GoAnswer& row : ReadGoAnswers()) {
    const bool is_refused_json = row.answer.starts_with(kInvalidJson);
    EXPECT_EQ(DiagnoseProductJson(row.body),
              is_refused_json ? row.answer.substr(kInvalidJson.size()) : "")
        << "line " << row.line << ": " << row.text;
  }
}

}  // namespace
}  // namespace products
