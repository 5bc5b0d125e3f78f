#include "server/storage/product_record.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

namespace products {
namespace {

TEST(ProductRecord, KeepsIdAndBytes) {
  const std::string body("{\"a\":\"\0\xFF\"}\n", 11);
  const ProductRecordPtr record = ProductRecord::Make(kMaxProductId, body);
  EXPECT_EQ(record->id(), kMaxProductId);
  EXPECT_EQ(record->body(), body);
  EXPECT_NE(record->body().data(), body.data());
}

TEST(ProductRecord, EqualBytesHaveEqualTagsAndOthersOthers) {
  const auto tag_of = [](const std::string& body) {
    return ProductRecord::Make(1, body)->content_tag();
  };
  // XXH3_64bits of nothing, as its specification has it: the tags are the same on every machine.
  EXPECT_EQ(tag_of(""), 0x2D06800538D394C2U);
  EXPECT_EQ(ProductRecord::Make(1, "abc")->content_tag(),
            ProductRecord::Make(2, "abc")->content_tag());
  std::set<std::uint64_t> tags;
  const std::string body(130, 'x');
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = body;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      tags.insert(tag_of(changed));
    }
  }
  EXPECT_EQ(tags.size(), body.size() * 8);
}

TEST(ProductRecord, CostsSixteenBytesBeyondItsBody) {
  EXPECT_EQ(ProductRecord::Make(1, "")->footprint(), 16U);
  EXPECT_EQ(ProductRecord::Make(1, std::string(100, 'x'))->footprint(), 116U);
}

}  // namespace
}  // namespace products
