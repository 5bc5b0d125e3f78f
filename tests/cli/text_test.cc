#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "cli/duration.h"
#include "cli/suggestion.h"
#include "cli/text_width.h"

namespace products::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TextWidth, CountsColumnsNotBytes) {
  struct Row {
    std::string_view text;
    std::size_t columns;
  };
  for (const Row& row : {Row{"", 0}, Row{"abc", 3}, Row{"Müller", 6},
                         Row{"e\u0301", 1},      // a letter and a combining accent
                         Row{"日本", 4},         // wide
                         Row{"ｱ", 1},            // half-width katakana
                         Row{"Ａ", 2},           // full-width letter
                         Row{"한글", 4},         // wide
                         Row{"🙂", 2},         // emoji
                         Row{"a\u200Bb", 2},     // zero-width space
                         Row{"\xff\xfe", 2},     // not UTF-8
                         Row{"\xe2\x82", 2}}) {  // cut short
    EXPECT_EQ(DisplayWidth(row.text), row.columns) << row.text;
  }
}

TEST(TextWidth, PrintableLeavesNothingATerminalWouldObey) {
  struct Row {
    std::string_view text;
    std::string_view printable;
  };
  for (const Row& row :
       {Row{"plain, Ünïcode 日本", "plain, Ünïcode 日本"}, Row{"a\tb\nc\rd", "a\\tb\\nc\\rd"},
        Row{"\x1b[31mred", "\\x1b[31mred"}, Row{"back\\slash", "back\\\\slash"},
        Row{"\x7f", "\\x7f"}, Row{"\u009b31m", "\\xc2\\x9b31m"},  // the one-byte CSI of C1
        Row{"a\u2028b", "a\\xe2\\x80\\xa8b"},                     // line separator
        Row{"a\u202eb", "a\\xe2\\x80\\xaeb"},                     // right-to-left override
        Row{"\xff", "\\xff"}}) {
    EXPECT_EQ(Printable(row.text), row.printable);
  }
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Suggestion, NamesTheNearestCandidateOrNone) {
  constexpr std::array<std::string_view, 5> kCommands = {"get", "put", "seed", "health", "version"};
  struct Row {
    std::string_view typed;
    std::string_view meant;
  };
  for (const Row& row : {Row{"gte", "get"}, Row{"ge", "get"}, Row{"gett", "get"},
                         Row{"sead", "seed"}, Row{"helth", "health"}, Row{"verison", "version"},
                         Row{"restart", ""}, Row{"x", ""}, Row{"", ""}}) {
    EXPECT_EQ(Suggest(row.typed, kCommands), row.meant) << row.typed;
  }
  EXPECT_EQ(SuggestionText("gte", kCommands), "; did you mean \"get\"?");
  EXPECT_EQ(SuggestionText("restart", kCommands), "");
}

TEST(Duration, IsParsedWithItsUnitOnly) {
  struct Row {
    std::string_view text;
    std::optional<milliseconds> duration;
  };
  for (const Row& row :
       {Row{"500ms", milliseconds(500)}, Row{"5s", seconds(5)}, Row{"1.5s", milliseconds(1500)},
        Row{"2m", seconds(120)}, Row{"1h", seconds(3600)}, Row{"24h", seconds(86400)},
        Row{"", std::nullopt}, Row{"5", std::nullopt}, Row{"s", std::nullopt},
        Row{"-5s", std::nullopt}, Row{"0s", std::nullopt}, Row{"25h", std::nullopt},
        Row{"5 s", std::nullopt}, Row{"nans", std::nullopt}, Row{"1e400s", std::nullopt},
        Row{"5s5s", std::nullopt}}) {
    EXPECT_EQ(ParseDuration(row.text), row.duration) << row.text;
  }
}

TEST(Duration, IsRenderedForPeople) {
  struct Row {
    milliseconds duration;
    std::string_view text;
  };
  for (const Row& row : {Row{milliseconds(0), "0 ms"}, Row{milliseconds(35), "35 ms"},
                         Row{milliseconds(1249), "1.2 s"}, Row{milliseconds(45'300), "45 s"},
                         Row{seconds(125), "2 min 5 s"}, Row{seconds(12'000), "3 h 20 min"}}) {
    EXPECT_EQ(RenderDuration(row.duration), row.text);
  }
}

TEST(CutToWidth, KeepsWholeCharactersAndEndsWithAnEllipsis) {
  EXPECT_EQ(CutToWidth("abc", 3), "abc");
  EXPECT_EQ(CutToWidth("abcd", 3), "ab…");
  EXPECT_EQ(CutToWidth("日本語", 6), "日本語");
  EXPECT_EQ(CutToWidth("日本語", 5), "日本…");
  EXPECT_EQ(CutToWidth("日本語", 4), "日…");
  EXPECT_EQ(CutToWidth("ab", 1), "…");
  for (std::size_t columns = 1; columns < 12; ++columns) {
    EXPECT_LE(DisplayWidth(CutToWidth("a日e\u0301本b語c\xff\xff", columns)), columns);
  }
}

}  // namespace
}  // namespace products::cli
