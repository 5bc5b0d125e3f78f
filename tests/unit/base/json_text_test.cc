#include "core/base/json_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace products {
namespace {

std::string JsonString(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(JsonText, PlainTextOnlyGetsItsQuotes) {
  EXPECT_EQ(JsonString(""), R"("")");
  EXPECT_EQ(JsonString("ABC-123/x y'z~"), R"("ABC-123/x y'z~")");
  EXPECT_EQ(JsonString("\x7F"), "\"\x7F\"");
}

TEST(JsonText, IsAppendedToWhatIsThere) {
  std::string out = "a:";
  AppendJsonString(out, "b");
  EXPECT_EQ(out, R"(a:"b")");
}

TEST(JsonText, EveryControlCharacterIsEscaped) {
  EXPECT_EQ(JsonString("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(JsonString(std::string_view("\0\x01\x0B\x1F", 4)), R"("\u0000\u0001\u000b\u001f")");
  for (char control = 0; control < 0x20; ++control) {
    const std::string json = JsonString(std::string_view(&control, 1));
    EXPECT_TRUE(json.starts_with("\"\\")) << json;
  }
}

TEST(JsonText, QuotesBackslashesAndWhatHtmlReadsAreEscaped) {
  EXPECT_EQ(JsonString(R"(a"b\c)"), R"("a\"b\\c")");
  EXPECT_EQ(JsonString("<a&b>"), R"("\u003ca\u0026b\u003e")");
}

TEST(JsonText, LineSeparatorsAreEscapedAndTheirNeighboursAreNot) {
  EXPECT_EQ(JsonString("x\xE2\x80\xA8y\xE2\x80\xA9"), R"("x\u2028y\u2029")");
  EXPECT_EQ(JsonString("\xE2\x80\xA7\xE2\x80\xAA\xE2\x82\xA8"),
            "\"\xE2\x80\xA7\xE2\x80\xAA\xE2\x82\xA8\"");
}

TEST(JsonText, OtherCharactersGoOutRaw) {
  EXPECT_EQ(JsonString("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
            "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
}

TEST(JsonText, TextThatEndsAmidACharacterIsNotReadBeyondItsEnd) {
  const std::string text = "\xE2\x80\xA8";
  EXPECT_EQ(JsonString(std::string_view(text).substr(0, 2)), "\"\xE2\x80\"");
  EXPECT_EQ(JsonString(std::string_view(text).substr(0, 1)), "\"\xE2\"");
}

}  // namespace
}  // namespace products
