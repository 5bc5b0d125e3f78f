#include "core/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace products {
namespace {

TEST(Result, HoldsAValue) {
  Result<std::string> result = std::string("value");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result, "value");
  EXPECT_EQ(result->size(), 5U);
  *result += "!";
  EXPECT_EQ(std::as_const(result).value(), "value!");
}

TEST(Result, HoldsTheErrorInItsPlace) {
  const Result<std::string> result = Error{ErrorCode::kNotFound, "message", "detail"};
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(result.error().message, "message");
}

TEST(Result, GivesUpAValueThatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 5);
}

TEST(Result, OfAnErrorIsAValueOrAnError) {
  // The two are told apart by their place, not by their type.
  const Result<Status> result = Status(InvalidArgument("inner"));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->error().message, "inner");
}

}  // namespace
}  // namespace products
