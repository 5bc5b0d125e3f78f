#include "server/storage/product_record.h"

#include <gtest/gtest.h>

#include <string>

namespace products {
namespace {

TEST(ProductRecord, KeepsIdAndBytes) {
  const std::string body("{\"a\":\"\0\xFF\"}\n", 11);
  const ProductRecordPtr record = ProductRecord::Make(kMaxProductId, body);
  EXPECT_EQ(record->id(), kMaxProductId);
  EXPECT_EQ(record->body(), body);
  EXPECT_NE(record->body().data(), body.data());
  EXPECT_EQ(record->revision(), 0U);
  record->set_revision(7);
  EXPECT_EQ(record->revision(), 7U);
  EXPECT_EQ(record->body(), body);
}

TEST(ProductRecord, CostsSixteenBytesBeyondItsBody) {
  EXPECT_EQ(ProductRecord::Make(1, "")->footprint(), 16U);
  EXPECT_EQ(ProductRecord::Make(1, std::string(100, 'x'))->footprint(), 116U);
}

}  // namespace
}  // namespace products
