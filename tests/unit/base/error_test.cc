#include "core/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <iterator>
#include <set>
#include <string_view>

namespace products {
namespace {

TEST(Error, EveryCodeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  constexpr ErrorCode kCodes[] = {
      ErrorCode::kInvalidArgument, ErrorCode::kNotFound,   ErrorCode::kConflict,
      ErrorCode::kTooLarge,        ErrorCode::kOverloaded, ErrorCode::kUnavailable,
      ErrorCode::kTimeout,         ErrorCode::kCorrupt,    ErrorCode::kInternal,
  };
  for (const ErrorCode code : kCodes) names.insert(ErrorCodeName(code));
  EXPECT_EQ(names.size(), std::size(kCodes));
  EXPECT_TRUE(names.contains("invalid_argument"));
}

TEST(Error, ErrnoTextIsDetailAndNotMessage) {
  const Error error = ErrnoError(ErrorCode::kUnavailable, "the data cannot be opened", ENOENT);
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.message, "the data cannot be opened");
  EXPECT_EQ(error.detail, "No such file or directory");
}

TEST(Status, IsOkUntilMadeOfAnError) {
  EXPECT_TRUE(Status().ok());
  const Status status = InvalidArgument("message", "detail");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(status.error().message, "message");
  EXPECT_EQ(status.error().detail, "detail");
}

}  // namespace
}  // namespace products
