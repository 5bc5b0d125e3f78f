#pragma once

#include <optional>
#include <string_view>

namespace products {

/// The members a product has on the wire.
enum class ProductField { kProductId, kSku, kManufacturer, kCategoryId, kWeight, kSomeOtherId };

/// Its key, exactly as it is written.
std::string_view ProductFieldName(ProductField field);

/// Whether its value is a string; an integer otherwise.
bool IsText(ProductField field);

/// The field of that key; absent for an unknown one. Letter case counts.
std::optional<ProductField> FindProductField(std::string_view name);

}  // namespace products
