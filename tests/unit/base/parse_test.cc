#include "core/base/parse.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace products {
namespace {

TEST(Parse, Int64TakesSignsAndLeadingZeros) {
  EXPECT_EQ(ParseInt64("0"), 0);
  EXPECT_EQ(ParseInt64("-0"), 0);
  EXPECT_EQ(ParseInt64("42"), 42);
  EXPECT_EQ(ParseInt64("+1"), 1);
  EXPECT_EQ(ParseInt64("-1"), -1);
  EXPECT_EQ(ParseInt64("01"), 1);
  EXPECT_EQ(ParseInt64("+0000000000000000000000007"), 7);
  EXPECT_EQ(ParseInt64("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(ParseInt64("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
}

TEST(Parse, Int64IsTheWholeTextOrNothing) {
  for (const std::string_view text : {"", "+", "-", "+-1", "-+1", "++1", "--1", " 1", "1 ", "1.0",
                                      "1e3", "0x10", "1a", "a1", "1,000", "9223372036854775808",
                                      "-9223372036854775809", "99999999999999999999", "\xD9\xA1"}) {
    EXPECT_EQ(ParseInt64(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseInt64(std::string_view("1\0", 2)), std::nullopt);
  EXPECT_EQ(ParseInt64(std::string_view()), std::nullopt);
}

TEST(Parse, Uint64TakesDigitsOnly) {
  EXPECT_EQ(ParseUint64("0"), 0U);
  EXPECT_EQ(ParseUint64("007"), 7U);
  EXPECT_EQ(ParseUint64("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  for (const std::string_view text :
       {"", "+1", "-1", "-0", " 1", "1 ", "1.0", "1e3", "18446744073709551616"}) {
    EXPECT_EQ(ParseUint64(text), std::nullopt) << text;
  }
}

TEST(Parse, DoubleIsFiniteAndDecimal) {
  EXPECT_EQ(ParseDouble("12"), 12.0);
  EXPECT_EQ(ParseDouble("0.5"), 0.5);
  EXPECT_EQ(ParseDouble("-2.5e-1"), -0.25);
  EXPECT_EQ(ParseDouble("1e3"), 1000.0);
  for (const std::string_view text :
       {"", "+1", " 1", "1 ", "1.5x", "0x10", "inf", "-inf", "nan", "infinity", "1e400", "1,5"}) {
    EXPECT_EQ(ParseDouble(text), std::nullopt) << text;
  }
}

TEST(Parse, BoolIsOneOfTwoWords) {
  EXPECT_EQ(ParseBool("true"), true);
  EXPECT_EQ(ParseBool("false"), false);
  for (const std::string_view text : {"", "True", "FALSE", "1", "0", "yes", "true ", "t"}) {
    EXPECT_EQ(ParseBool(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace products
