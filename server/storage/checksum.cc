#include "server/storage/checksum.h"

#include <isa-l/crc.h>

namespace products {

std::uint32_t Crc32c(std::string_view bytes, std::uint32_t before) {
  // ISA-L takes and returns the register, which is the inverse of the checksum; and it takes bytes
  // that it does not change by a pointer that would let it.
  auto* const first = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  return ~crc32_iscsi(first, static_cast<int>(bytes.size()), ~before);
}

}  // namespace products
