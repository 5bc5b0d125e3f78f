#include "loadtest/open_loop/product_body.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/support/temp_dir.h"

namespace products::open_loop {
namespace {

TEST(ProductBody, IsAsThePythonPartsOfTheBenchMakeIt) {
  std::string text;
  AppendProduct(text, 1, CatalogueWeight(1));
  AppendProduct(text, 10'000'000, CatalogueWeight(10'000'000));
  EXPECT_EQ(text,
            "{\"product_id\":1,\"sku\":\"SKU-00000001\",\"manufacturer\":\"Acme Corporation\","
            "\"category_id\":2,\"weight\":1,\"some_other_id\":2}\n"
            "{\"product_id\":10000000,\"sku\":\"SKU-10000000\",\"manufacturer\":\"Acme "
            "Corporation\",\"category_id\":1,\"weight\":0,\"some_other_id\":1}\n");
}

TEST(ProductBody, CatalogueHasALineForEachProductAndReplacesNoFile) {
  const test::TempDir directory;
  const std::string file = directory.File("products.ndjson");
  // More than is written at once.
  ASSERT_TRUE(WriteCatalogue(file, 20'000).ok());
  const std::string text = test::ReadFile(file);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 20'000);
  EXPECT_TRUE(text.starts_with("{\"product_id\":1,"));
  EXPECT_NE(text.find("\n{\"product_id\":20000,"), std::string::npos);
  EXPECT_TRUE(text.ends_with("}\n"));

  EXPECT_EQ(WriteCatalogue(file, 1).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(test::ReadFile(file), text);
}

}  // namespace
}  // namespace products::open_loop
