#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/product/product.h"

namespace products {

/// What a JSON object says about a product before any rule is applied: integers may be larger than
/// a product's, and what is absent or null has its zero value.
struct ProductDraft {
  std::optional<std::int64_t> product_id;
  std::string sku;
  std::string manufacturer;
  std::int64_t category_id = 0;
  std::int64_t weight = 0;
  std::int64_t some_other_id = 0;
};

/// The rules of a product, in the contract's order: sku, manufacturer, category_id, weight,
/// some_other_id, product_id. The first that does not hold is the kInvalidArgument returned, its
/// message ready for the client. The texts of the draft must be well-formed UTF-8.

/// For the product stored under `path_id`: the draft's product_id may be absent, 0 or `path_id`.
Result<Product> ValidateForPath(ProductDraft draft, ProductId path_id);

/// For a product that carries its own id: product_id is required and >= 1.
Result<Product> ValidateWithOwnId(ProductDraft draft);

}  // namespace products
