#pragma once

#include <cstdint>
#include <string_view>

namespace products {

/// CRC-32C (Castagnoli; RFC 3720, B.4), by the processor's instructions where it has them.
/// `before` is the checksum of the bytes in front, so that Crc32c("ab") is
/// Crc32c("b", Crc32c("a")).
std::uint32_t Crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace products
