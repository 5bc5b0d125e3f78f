#include "cli/product_fields.h"

#include <cstdint>
#include <iterator>

#include "cli/suggestion.h"
#include "cli/text_width.h"

namespace products::cli {

std::string NoSuchFieldText(std::string_view what, std::string_view name) {
  std::vector<std::string_view> names;
  names.reserve(std::size(kAllProductFields));
  for (const ProductField field : kAllProductFields) names.push_back(ProductFieldName(field));
  return "no such " + std::string(what) + " \"" + Printable(name) + "\"" +
         SuggestionText(name, names);
}

Field FieldOf(const Product& product, ProductField field) {
  const std::string name(ProductFieldName(field));
  switch (field) {
    case ProductField::kProductId:
      return {name, std::int64_t{product.product_id}};
    case ProductField::kSku:
      return {name, product.sku};
    case ProductField::kManufacturer:
      return {name, product.manufacturer};
    case ProductField::kCategoryId:
      return {name, std::int64_t{product.category_id}};
    case ProductField::kWeight:
      return {name, std::int64_t{product.weight}};
    case ProductField::kSomeOtherId:
      break;
  }
  return {name, std::int64_t{product.some_other_id}};
}

std::vector<Field> FieldsOf(const Product& product) {
  std::vector<Field> fields;
  fields.reserve(std::size(kAllProductFields) + 1);
  for (const ProductField field : kAllProductFields) fields.push_back(FieldOf(product, field));
  return fields;
}

}  // namespace products::cli
