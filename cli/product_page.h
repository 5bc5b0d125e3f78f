#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/product/product.h"

namespace products::cli {

/// An answer of GET /products in JSON, {"products":[...],"next_after":ID}.
struct ProductPage {
  std::vector<std::string_view> products;  ///< the bytes of each object; parts of the body
  std::optional<ProductId> next_after;     ///< absent on the last page
};

/// Cuts the page into its products without reading them: what is in them stays as it was sent, and
/// is for whoever parses them to check. Absent when the body has another form. Linear.
std::optional<ProductPage> ParseProductPage(std::string_view body);

}  // namespace products::cli
