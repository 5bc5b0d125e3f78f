#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/output.h"
#include "core/product/product.h"
#include "core/product/product_field.h"

namespace products::cli {

/// All of them, in the contract's order.
inline constexpr ProductField kAllProductFields[] = {
    ProductField::kProductId,  ProductField::kSku,    ProductField::kManufacturer,
    ProductField::kCategoryId, ProductField::kWeight, ProductField::kSomeOtherId};

/// "no such <what> "skuu"; did you mean "sku"?", where `name` is not a product's field.
std::string NoSuchFieldText(std::string_view what, std::string_view name);

/// One of a product's fields, or all, as they are printed.
Field FieldOf(const Product& product, ProductField field);
std::vector<Field> FieldsOf(const Product& product);

}  // namespace products::cli
