#include "server/storage/checksum.h"

#include <gtest/gtest.h>

#include <string>

namespace products {
namespace {

// RFC 3720, B.4, and the check value of CRC-32/ISCSI.
TEST(Crc32c, IsTheChecksumOfTheStandard) {
  EXPECT_EQ(Crc32c(""), 0U);
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(Crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
}

TEST(Crc32c, GoesOnFromTheBytesBefore) {
  const std::string text = "{\"product_id\":1,\"sku\":\"ABC-123-XYZ\"}\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(Crc32c(text.substr(cut), Crc32c(text.substr(0, cut))), Crc32c(text)) << cut;
  }
}

}  // namespace
}  // namespace products
