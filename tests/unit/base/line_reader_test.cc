#include "core/base/line_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace products {
namespace {

using test::TempDir;

// The lines, and then how it ended: "end", or the error's code and line.
std::vector<std::string> ReadLines(const std::string& path, std::size_t max_line_bytes = 100) {
  auto reader = LineReader::Open(path, max_line_bytes);
  if (!reader.ok()) return {"cannot open"};
  std::vector<std::string> lines;
  while (true) {
    const auto line = (*reader)->Next();
    if (!line.ok()) {
      lines.push_back(std::string(ErrorCodeName(line.error().code)) + " at " +
                      std::to_string((*reader)->line_number()));
      return lines;
    }
    if (!line->has_value()) break;
    lines.emplace_back(**line);
  }
  lines.emplace_back("end");
  return lines;
}

class LineReaderTest : public testing::Test {
 protected:
  std::vector<std::string> LinesOf(const std::string& text, std::size_t max_line_bytes = 100) {
    test::WriteFile(file_, text);
    return ReadLines(file_, max_line_bytes);
  }

  const TempDir directory_;
  const std::string file_ = directory_.File("lines");
};

using Lines = std::vector<std::string>;

TEST_F(LineReaderTest, GivesLinesWithoutTheirEnds) {
  EXPECT_EQ(LinesOf("a\nbc\n\nd\n"), (Lines{"a", "bc", "", "d", "end"}));
  EXPECT_EQ(LinesOf("a\r\nb"), (Lines{"a\r", "b", "end"}));
  EXPECT_EQ(LinesOf("\n"), (Lines{"", "end"}));
  EXPECT_EQ(LinesOf(""), (Lines{"end"}));
  EXPECT_EQ(LinesOf(std::string("a\0b\n", 4)), (Lines{std::string("a\0b", 3), "end"}));
}

TEST_F(LineReaderTest, KeepsLinesWholeAcrossItsBuffer) {
  std::string text;
  Lines expected;
  for (int i = 0; i < 30'000; ++i) {
    expected.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i % 97), 'x'));
    text += expected.back() + "\n";
  }
  expected.emplace_back("end");
  EXPECT_EQ(LinesOf(text, 200), expected);
}

TEST_F(LineReaderTest, RefusesTheLineThatIsTooLongAndGivesThoseBefore) {
  EXPECT_EQ(LinesOf("a\n12345\n", 5), (Lines{"a", "12345", "end"}));
  EXPECT_EQ(LinesOf("a\n123456\nb\n", 5), (Lines{"a", "too_large at 2"}));
  EXPECT_EQ(LinesOf("a\n123456", 5), (Lines{"a", "too_large at 2"}));
  EXPECT_EQ(LinesOf(std::string(2'000'000, 'x'), 1'000'000), (Lines{"too_large at 1"}));
}

// "one\ntwo\n" as gzip -n writes it.
const std::string kGzipped(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\xcf\x4b\xe5\x2a\x29\xcf\xe7\x02\x00\xe6\x0b\xba"
    "\x12\x08\x00\x00\x00",
    28);

TEST_F(LineReaderTest, ReadsGzippedLines) {
  EXPECT_EQ(LinesOf(kGzipped), (Lines{"one", "two", "end"}));
  EXPECT_EQ(LinesOf(kGzipped + kGzipped), (Lines{"one", "two", "one", "two", "end"}));
}

TEST_F(LineReaderTest, SaysWhenGzippedBytesAreDamagedOrCutOff) {
  for (std::size_t size = 11; size < kGzipped.size(); ++size) {
    EXPECT_EQ(LinesOf(kGzipped.substr(0, size)).back().substr(0, 7), "corrupt") << size;
  }
  std::string damaged = kGzipped;
  damaged[21] = static_cast<char>(damaged[21] ^ 1);  // of the checksum
  EXPECT_EQ(LinesOf(damaged).back().substr(0, 7), "corrupt");
}

TEST_F(LineReaderTest, NamesAFileThatCannotBeOpenedOrRead) {
  const auto missing = LineReader::Open(directory_.File("none"), 100);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message, "cannot open " + directory_.File("none"));
  EXPECT_EQ(ReadLines(directory_.path()), (Lines{"unavailable at 1"}));
}

}  // namespace
}  // namespace products
