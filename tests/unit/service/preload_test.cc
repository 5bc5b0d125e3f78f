#include "server/service/preload.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/product/product_json.h"
#include "tests/support/temp_dir.h"

namespace products {
namespace {

constexpr std::uint64_t kRoomy = std::uint64_t{1} << 30;

std::string Line(ProductId id) {
  return RenderProduct({.product_id = id,
                        .sku = "sku",
                        .manufacturer = "maker",
                        .category_id = 1,
                        .weight = id,
                        .some_other_id = 1});
}

class Preload : public testing::Test {
 protected:
  // The ids of each run, and then how it ended.
  std::string IdsOf(const std::string& text, std::uint64_t max_table_bytes = kRoomy) {
    test::WriteFile(file_, text);
    auto file = PreloadFile::Open(file_, max_table_bytes);
    if (!file.ok()) return file.error().message;
    std::string ids;
    while (true) {
      const Result<std::vector<Change>> run = (*file)->NextRun();
      if (!run.ok()) return ids + run.error().message;
      if (run->empty()) return ids + "end";
      for (const Change& change : *run) ids += std::to_string(change.id) + " ";
    }
  }

  const test::TempDir directory_;
  const std::string file_ = directory_.File("products.ndjson");
};

TEST_F(Preload, GivesTheProductsOfTheLinesThatAreNotBlank) {
  EXPECT_EQ(IdsOf(Line(3) + "\n \t\r\n" + Line(1) + Line(3)), "3 1 3 end");
  EXPECT_EQ(IdsOf(Line(3) + "\r\n" + Line(4).substr(0, Line(4).size() - 1)), "3 4 end");
  EXPECT_EQ(IdsOf(""), "end");
}

TEST_F(Preload, NamesTheFirstBadLine) {
  EXPECT_EQ(IdsOf(Line(1) + "\n{}\n" + Line(2)), file_ + ", line 3: sku is required");
  EXPECT_EQ(
      IdsOf(Line(1) + "not json\n"),
      file_ + ", line 2: Invalid JSON: invalid character 'o' in literal null (expecting 'u')");
  std::string no_id = Line(1);
  no_id.replace(no_id.find("product_id"), 10, "product_ID");
  EXPECT_EQ(IdsOf(no_id), file_ + ", line 1: product_id is required");
  EXPECT_EQ(IdsOf(Line(1) + std::string(70'000, 'x')),
            file_ + ", line 2: a line must be at most 65536 bytes");
}

TEST_F(Preload, EndsWhereTheProductsTakeTooMuchMemory) {
  const std::string message = IdsOf(Line(1) + Line(2) + Line(3), 250);
  EXPECT_EQ(message, file_ +
                         ", line 3: the products take more memory than "
                         "storage.max_table_bytes, which is 250");
}

TEST_F(Preload, GivesALargeFileInRuns) {
  std::string text;
  for (ProductId id = 1; id <= 20'000; ++id) text += Line(id);
  test::WriteFile(file_, text);
  auto file = PreloadFile::Open(file_, kRoomy);
  ASSERT_TRUE(file.ok());
  int runs = 0;
  ProductId last = 0;
  while (true) {
    const Result<std::vector<Change>> run = (*file)->NextRun();
    ASSERT_TRUE(run.ok());
    if (run->empty()) break;
    ++runs;
    for (const Change& change : *run) EXPECT_EQ(change.id, ++last);
    EXPECT_EQ((*file)->products(), static_cast<std::size_t>(last));
  }
  EXPECT_EQ(last, 20'000);
  EXPECT_GT(runs, 1);
}

}  // namespace
}  // namespace products
