#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/product/product.h"

namespace products {

/// The wire form of a product, both ways. Thread-safe; no state.

/// Parses a request body for the product of `path_id` and applies every rule in the contract's
/// order: JSON, sku, manufacturer, category_id, weight, some_other_id, product_id. The body's
/// product_id may be absent, null, 0 or `path_id`. On failure kInvalidArgument with the contract's
/// message, such as "Invalid JSON: EOF" or "sku is required" (unescaped: `>=`, not `\u003e=`).
/// One pass; a product within the limits costs no allocation but its two texts.
Result<Product> ParseProduct(std::string_view json, ProductId path_id);

/// The same for a product that carries its own id (an answer of GET, a line of a batch): product_id
/// is required and >= 1; "product_id is required", "product_id must be >= 1".
Result<Product> ParseProduct(std::string_view json);

/// Appends the canonical bytes: compact JSON, keys in the contract's order, one "\n" at the end.
void AppendProduct(std::string& out, const Product& product);
std::string RenderProduct(const Product& product);

}  // namespace products
