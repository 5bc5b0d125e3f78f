#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace products {

/// Identifies a product: 1 .. 2147483647.
using ProductId = std::int32_t;

inline constexpr ProductId kMinProductId = 1;
inline constexpr ProductId kMaxProductId = 2147483647;
/// In characters, that is Unicode code points.
inline constexpr std::size_t kMaxSkuCharacters = 100;
inline constexpr std::size_t kMaxManufacturerCharacters = 200;

/// One product of the catalogue; valid when it came from ParseProduct.
struct Product {
  ProductId product_id = 0;
  std::string sku;                 ///< 1 .. kMaxSkuCharacters characters
  std::string manufacturer;        ///< 1 .. kMaxManufacturerCharacters characters
  std::int32_t category_id = 0;    ///< >= 1
  std::int32_t weight = 0;         ///< grams, >= 0
  std::int32_t some_other_id = 0;  ///< >= 1; an opaque number of the catalogue's owner

  bool operator==(const Product&) const = default;
};

}  // namespace products
