#include "core/product/product_field.h"

#include <array>
#include <cstddef>

namespace products {
namespace {

struct Row {
  ProductField field;
  std::string_view name;
  bool is_text;
};

// In the order of the enumerators, which is also the order of the keys on the wire.
constexpr std::array<Row, 6> kRows = {{
    {ProductField::kProductId, "product_id", false},
    {ProductField::kSku, "sku", true},
    {ProductField::kManufacturer, "manufacturer", true},
    {ProductField::kCategoryId, "category_id", false},
    {ProductField::kWeight, "weight", false},
    {ProductField::kSomeOtherId, "some_other_id", false},
}};

const Row& RowOf(ProductField field) { return kRows[static_cast<std::size_t>(field)]; }

}  // namespace

std::string_view ProductFieldName(ProductField field) { return RowOf(field).name; }

bool IsText(ProductField field) { return RowOf(field).is_text; }

std::optional<ProductField> FindProductField(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.field;
  }
  return std::nullopt;
}

}  // namespace products
