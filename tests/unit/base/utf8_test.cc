#include "core/base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace products {
namespace {

TEST(Utf8, FirstAndLastOfEveryLengthIsValid) {
  for (const std::string_view text :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "a\xC3\xA9z"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << testing::PrintToString(text);
  }
  EXPECT_TRUE(IsValidUtf8(std::string_view("\0", 1)));
}

TEST(Utf8, WhatLiesOutsideIsNot) {
  for (const std::string_view text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_FALSE(IsValidUtf8(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8, CharacterCutShortOrContinuedWronglyIsNot) {
  for (const std::string_view whole : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    for (std::size_t length = 1; length < whole.size(); ++length) {
      const std::string cut(whole.substr(0, length));
      EXPECT_FALSE(IsValidUtf8(cut));
      EXPECT_FALSE(IsValidUtf8(cut + "a"));
      EXPECT_FALSE(IsValidUtf8(cut + "\xC3\xA9"));
    }
    EXPECT_FALSE(IsValidUtf8(std::string(whole) + "\x80"));
  }
}

TEST(Utf8, EachMalformedByteIsReplacedByOneCharacter) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(ReplaceMalformedUtf8(""), "");
  EXPECT_EQ(ReplaceMalformedUtf8("a\xC3\xA9"), "a\xC3\xA9");
  EXPECT_EQ(ReplaceMalformedUtf8("a\xFFz"), "a" + mark + "z");
  EXPECT_EQ(ReplaceMalformedUtf8("\xE2\x82\xC3\xA9\xF0"), mark + mark + "\xC3\xA9" + mark);
}

TEST(Utf8, CharactersAreCodePoints) {
  EXPECT_EQ(CountCharacters(""), 0U);
  EXPECT_EQ(CountCharacters("abc"), 3U);
  EXPECT_EQ(CountCharacters("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 3U);
  EXPECT_EQ(CountCharacters("e\xCC\x81"), 2U) << "a combining accent is a character of its own";
}

}  // namespace
}  // namespace products
