#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/product/product.h"
#include "core/product/product_json.h"

namespace products {

/// How GoogleTest shows a product; found through its namespace.
inline void PrintTo(const Product& product, std::ostream* out) { *out << RenderProduct(product); }

/// A valid product but for `members`, which come last and therefore count.
inline std::string ProductWith(std::string_view members) {
  std::string json = R"({"sku":"s","manufacturer":"m","category_id":1,"some_other_id":1)";
  if (!members.empty()) json += ',';
  json += members;
  return json + '}';
}

inline std::string Repeat(std::string_view text, std::size_t times) {
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

/// What a client is told: "accepted", or the error's message.
inline std::string AnswerOf(const Result<Product>& result) {
  return result.ok() ? "accepted" : result.error().message;
}

/// The same with the product's JSON, without the newline, for an accepted one.
inline std::string StoredOrRefused(const Result<Product>& result) {
  if (!result.ok()) return result.error().message;
  std::string json = RenderProduct(*result);
  json.pop_back();
  return json;
}

}  // namespace products
