#include "cli/output.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <sstream>
#include <string>

#include "cli/io.h"
#include "cli/progress.h"
#include "cli/transfer_progress.h"

namespace products::cli {
namespace {

std::string Printed(OutputFormat format) {
  const std::array<Field, 5> fields = {{{"sku", std::string("A\tB <日本>")},
                                        {"some_other_id", std::int64_t{7}},
                                        {"naïve", std::string("x\x1b[1m")},
                                        {"ratio", 0.5},
                                        {"ok", true}}};
  std::ostringstream out;
  PrintRecord(out, format, fields);
  return out.str();
}

TEST(Output, TableAlignsValuesByCharacterWidth) {
  EXPECT_EQ(Printed(OutputFormat::kTable),
            "sku            A\\tB <日本>\n"
            "some_other_id  7\n"
            "naïve          x\\x1b[1m\n"
            "ratio          0.5\n"
            "ok             true\n");
}

TEST(Output, JsonIsOneObjectOnOneLine) {
  EXPECT_EQ(Printed(OutputFormat::kJson),
            "{\"sku\":\"A\\tB \\u003c日本\\u003e\",\"some_other_id\":7,\"naïve\":\"x\\u001b[1m\","
            "\"ratio\":0.5,\"ok\":true}\n");
}

TEST(Output, PlainSeparatesByTabsThatValuesCannotContain) {
  EXPECT_EQ(Printed(OutputFormat::kPlain), "A\\tB <日本>\t7\tx\\x1b[1m\t0.5\ttrue\n");
}

TEST(Output, FormatsAreNamedAsTheFlagTakesThem) {
  for (const OutputFormat format :
       {OutputFormat::kTable, OutputFormat::kJson, OutputFormat::kPlain}) {
    EXPECT_EQ(ParseOutputFormat(OutputFormatName(format)), format);
  }
  EXPECT_EQ(ParseOutputFormat("yaml"), std::nullopt);
}

TEST(Output, PaletteIsSilentWithoutColor) {
  EXPECT_EQ(Palette(false).Error("x"), "x");
  EXPECT_EQ(Palette(true).Error("x"), "\x1b[1;31mx\x1b[0m");
}

TEST(Progress, LineFitsTheWidthAndDropsTheBarFirst) {
  EXPECT_EQ(RenderProgressLine("seeding", 4500, 10000, 8333.0, 80),
            "seeding  [=============>                ]   45 %   4500/10000  8333/s  1 s left");
  EXPECT_EQ(RenderProgressLine("seeding", 4500, 10000, 8333.0, 56),
            "seeding   45 %   4500/10000  8333/s  1 s left");
  EXPECT_EQ(RenderProgressLine("seeding", 4500, 10000, 8333.0, 38),
            "seeding   45 %   4500/10000  8333/s");
  EXPECT_EQ(RenderProgressLine("seeding", 4500, 10000, 8333.0, 26), "seeding   45 %");
  EXPECT_EQ(RenderProgressLine("seeding", 4500, 10000, 8333.0, 5), "seed");
  for (int columns = 1; columns < 240; ++columns) {
    EXPECT_LT(RenderProgressLine("seeding", 1, 3, 1.0, columns).size(), columns);
  }
}

TEST(Progress, LineShowsNoRateBeforeThereIsOne) {
  EXPECT_EQ(RenderProgressLine("seeding", 0, 10, 0.0, 34), "seeding  [>       ]    0 %   0/10");
}

TEST(Progress, LineIsFullAtTheEnd) {
  EXPECT_EQ(RenderProgressLine("seeding", 10, 10, 5.0, 49),
            "seeding  [========]  100 %  10/10  5/s  0 s left");
}

TEST(Progress, WritesOneLineWhenNotATerminal) {
  std::ostringstream err;
  const MonotonicTime start{};
  {
    Progress progress(err, Terminal(), "seeding", "products at http://h", 10, start);
    for (int i = 1; i <= 10; ++i) progress.Update(i, start + std::chrono::seconds(i));
  }
  EXPECT_EQ(err.str(), "seeding 10 products at http://h\n");
}

TEST(TransferProgress, LineHasWhatIsKnownAndFits) {
  const TransferTotals file{.products = {}, .bytes = 129'600'000};
  const TransferTotals list{.products = 1'000'000, .bytes = {}};
  EXPECT_EQ(RenderTransferLine("importing", {450'000, 58'320'000}, file, 5.4, 120),
            "importing  [==================>                     ]   45 %  450000 products  "
            "58.3 MB of 129.6 MB  83333/s  7 s left");
  EXPECT_EQ(RenderTransferLine("importing", {450'000, 58'320'000}, file, 5.4, 80),
            "importing   45 %  450000 products  58.3 MB of 129.6 MB  83333/s  7 s left");
  EXPECT_EQ(RenderTransferLine("importing", {450'000, 58'320'000}, file, 5.4, 40),
            "importing   45 %  450000 products");
  EXPECT_EQ(RenderTransferLine("exporting", {500'000, 70'000'000}, list, 1.0, 80),
            "exporting   50 %  500000/1000000 products  70.0 MB  500000/s  1 s left");
  EXPECT_EQ(RenderTransferLine("exporting", {500'000, 70'000'000}, {}, 1.0, 200),
            "exporting  500000 products  70.0 MB  500000/s");
  EXPECT_EQ(RenderTransferLine("exporting", {0, 0}, list, 0.0, 200).substr(0, 60),
            "exporting  [>                                       ]    0 %");
  for (int columns = 1; columns < 240; ++columns) {
    EXPECT_LT(RenderTransferLine("importing", {1, 1}, file, 1.0, columns).size(), columns);
  }
}

TEST(TransferProgress, BytesHaveAUnitThatFits) {
  EXPECT_EQ(RenderBytes(0), "0 B");
  EXPECT_EQ(RenderBytes(999), "999 B");
  EXPECT_EQ(RenderBytes(1000), "1.0 kB");
  EXPECT_EQ(RenderBytes(999'949), "999.9 kB");
  EXPECT_EQ(RenderBytes(999'950), "1.0 MB");
  EXPECT_EQ(RenderBytes(1'234'567'890'123), "1.2 TB");
}

}  // namespace
}  // namespace products::cli
