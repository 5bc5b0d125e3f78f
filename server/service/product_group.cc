#include "server/service/product_group.h"

#include <utility>

#include "core/product/product_json.h"

namespace products {

Status ProductGroup::Add(std::string_view json) {
  const Result<Product> product = ParseProduct(json);
  if (!product.ok()) return product.error();
  ProductRecordPtr record = ProductRecord::Make(product->product_id, RenderProduct(*product));
  bytes_ += record->footprint();
  changes_.push_back({product->product_id, std::move(record)});
  return {};
}

std::vector<Change> ProductGroup::TakeChanges() {
  bytes_ = 0;
  return std::exchange(changes_, {});
}

}  // namespace products
