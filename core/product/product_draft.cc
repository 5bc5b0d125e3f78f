#include "core/product/product_draft.h"

#include <cstddef>
#include <limits>
#include <string_view>
#include <utility>

#include "core/base/utf8.h"
#include "core/product/product_field.h"

namespace products {
namespace {

constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int32_t>::max();

Error Refusal(ProductField field, std::string_view rule) {
  std::string message(ProductFieldName(field));
  message += ' ';
  message += rule;
  return InvalidArgument(std::move(message));
}

Status CheckText(ProductField field, const std::string& text, std::size_t max_characters) {
  if (text.empty()) return Refusal(field, "is required");
  // No text has more characters than bytes, so most are never counted.
  if (text.size() > max_characters && CountCharacters(text) > max_characters) {
    return Refusal(field, "must be at most " + std::to_string(max_characters) + " characters");
  }
  return {};
}

Status CheckInteger(ProductField field, std::int64_t number, std::int64_t minimum) {
  if (number < minimum) return Refusal(field, "must be >= " + std::to_string(minimum));
  if (number > kMaxInteger) return Refusal(field, "must be <= " + std::to_string(kMaxInteger));
  return {};
}

// Every rule but those of product_id, which come last and differ.
Status CheckFields(const ProductDraft& draft) {
  Status status = CheckText(ProductField::kSku, draft.sku, kMaxSkuCharacters);
  if (status.ok()) {
    status = CheckText(ProductField::kManufacturer, draft.manufacturer, kMaxManufacturerCharacters);
  }
  if (status.ok()) status = CheckInteger(ProductField::kCategoryId, draft.category_id, 1);
  if (status.ok()) status = CheckInteger(ProductField::kWeight, draft.weight, 0);
  if (status.ok()) status = CheckInteger(ProductField::kSomeOtherId, draft.some_other_id, 1);
  return status;
}

Product MakeProduct(ProductDraft& draft, ProductId id) {
  return {id,
          std::move(draft.sku),
          std::move(draft.manufacturer),
          static_cast<std::int32_t>(draft.category_id),
          static_cast<std::int32_t>(draft.weight),
          static_cast<std::int32_t>(draft.some_other_id)};
}

}  // namespace

Result<Product> ValidateForPath(ProductDraft draft, ProductId path_id) {
  if (const Status status = CheckFields(draft); !status.ok()) return status.error();
  const std::int64_t id = draft.product_id.value_or(0);
  if (id > kMaxInteger) return CheckInteger(ProductField::kProductId, id, 1).error();
  if (id != 0 && id != path_id) {
    return Refusal(ProductField::kProductId, "must match productId in the path");
  }
  return MakeProduct(draft, path_id);
}

Result<Product> ValidateWithOwnId(ProductDraft draft) {
  if (const Status status = CheckFields(draft); !status.ok()) return status.error();
  if (!draft.product_id) return Refusal(ProductField::kProductId, "is required");
  const Status status = CheckInteger(ProductField::kProductId, *draft.product_id, kMinProductId);
  if (!status.ok()) return status.error();
  return MakeProduct(draft, static_cast<ProductId>(*draft.product_id));
}

}  // namespace products
