#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/product/product.h"

namespace products {

/// The values of an LMDB file of products, whose keys are ids, and key 0 for the header. All numbers
/// are little-endian.
///
///     header:  [ "productd": 8 bytes ][ format version: 4 ][ totals: 28 ]
///     product: [ CRC-32C of id and body: 4 ][ 1 with totals, else 0: 1 ][ totals: 28, or none ]
///              [ body, as on the wire, with its "\n" ]
///     totals:  [ commit: 8 ][ products: 8 ][ sum of their checksums: 8 ][ CRC-32C of these: 4 ]
///
/// Each commit leaves its totals in one product that it writes anyway, or in the header when it
/// writes none: a page of their own would be one or two more for every commit. The valid ones are
/// those with the number of the last commit.
inline constexpr std::uint32_t kHeaderKey = 0;

/// What the file holds after a commit: missing, doubled and outdated products change it.
struct StoredTotals {
  std::uint64_t commit = 0;
  std::uint64_t products = 0;
  std::uint64_t checksum_sum = 0;
};

std::string RenderHeader(const StoredTotals& totals);
/// kCorrupt when it is none or damaged, kInvalidArgument when it is of another format. `file` is
/// for the message.
Result<StoredTotals> ParseHeader(std::string_view value, const std::string& file);

std::uint32_t ProductChecksum(std::uint32_t id, std::string_view body);

/// Of a product's value; `place` has that many bytes.
std::size_t StoredSize(std::string_view body, bool with_totals);
/// `totals` may be absent.
void RenderProductAt(char* place, std::string_view body, std::uint32_t checksum,
                     const StoredTotals* totals);

/// What a product's value says; the views lead into it.
struct StoredProduct {
  std::uint32_t id = 0;
  std::uint32_t checksum = 0;
  std::string_view body;
  std::optional<StoredTotals> totals;
  /// It is what was written under that id.
  bool is_whole = false;
};
/// Touches no byte outside of the views; a value that is none is not whole.
StoredProduct ParseStoredProduct(std::string_view key, std::string_view value);

}  // namespace products
