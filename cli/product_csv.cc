#include "cli/product_csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/suggestion.h"
#include "cli/text_width.h"
#include "core/base/parse.h"
#include "core/base/utf8.h"
#include "core/product/product_draft.h"

namespace products::cli {
namespace {

constexpr std::array<ProductField, 6> kFields = {
    ProductField::kProductId,  ProductField::kSku,    ProductField::kManufacturer,
    ProductField::kCategoryId, ProductField::kWeight, ProductField::kSomeOtherId};

std::string Column(std::size_t index) { return "column " + std::to_string(index + 1); }

std::string InColumn(std::size_t index, ProductField field) {
  return Column(index) + " (" + std::string(ProductFieldName(field)) + "): ";
}

void SetInteger(ProductDraft& draft, ProductField field, std::int64_t number) {
  switch (field) {
    case ProductField::kProductId:
      draft.product_id = number;
      return;
    case ProductField::kCategoryId:
      draft.category_id = number;
      return;
    case ProductField::kWeight:
      draft.weight = number;
      return;
    case ProductField::kSomeOtherId:
      draft.some_other_id = number;
      return;
    case ProductField::kSku:
    case ProductField::kManufacturer:
      return;
  }
}

class NumberText {
 public:
  explicit NumberText(std::int32_t number)
      : end_(std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr) {}
  std::string_view text() const {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

 private:
  std::array<char, 11> digits_;  // "-2147483648"
  const char* end_;
};

}  // namespace

Result<CsvColumns> ParseCsvHeader(const CsvRow& row) {
  if (row.error) return InvalidArgument("the header row: " + *row.error);
  CsvColumns columns;
  for (std::size_t i = 0; i < row.field_count; ++i) {
    const std::string& name = row.fields[i];
    const std::optional<ProductField> field = FindProductField(name);
    if (!field) {
      std::array<std::string_view, kFields.size()> names;
      std::transform(kFields.begin(), kFields.end(), names.begin(), ProductFieldName);
      return InvalidArgument("the header row: " + Column(i) + ": a product has no field \"" +
                             Printable(name.substr(0, 100)) + "\"" + SuggestionText(name, names));
    }
    if (std::find(columns.begin(), columns.end(), *field) != columns.end()) {
      return InvalidArgument("the header row: " + Column(i) + ": \"" + name + "\" is there twice");
    }
    columns.push_back(*field);
  }
  for (const ProductField field : kFields) {
    if (field == ProductField::kWeight) continue;
    if (std::find(columns.begin(), columns.end(), field) == columns.end()) {
      return InvalidArgument("the header row: \"" + std::string(ProductFieldName(field)) +
                             "\" is missing");
    }
  }
  return columns;
}

Result<Product> ParseCsvProduct(const CsvRow& row, const CsvColumns& columns) {
  if (row.error) return InvalidArgument(*row.error);
  if (row.field_count != columns.size()) {
    return InvalidArgument("the row has " + std::to_string(row.field_count) +
                           " columns, the header row " + std::to_string(columns.size()));
  }
  ProductDraft draft;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const ProductField field = columns[i];
    const std::string& text = row.fields[i];
    if (IsText(field)) {
      if (!IsValidUtf8(text)) return InvalidArgument(InColumn(i, field) + "not UTF-8");
      (field == ProductField::kSku ? draft.sku : draft.manufacturer) = text;
      continue;
    }
    // An empty cell is what JSON calls null.
    if (text.empty()) continue;
    const std::optional<std::int64_t> number = ParseInt64(text);
    if (!number) {
      return InvalidArgument(InColumn(i, field) + "\"" + Printable(text.substr(0, 40)) +
                             "\" is not a whole number");
    }
    SetInteger(draft, field, *number);
  }
  return ValidateWithOwnId(std::move(draft));
}

void AppendCsvHeader(std::string& out) {
  std::array<std::string_view, kFields.size()> names;
  std::transform(kFields.begin(), kFields.end(), names.begin(), ProductFieldName);
  AppendCsvRow(out, names);
}

void AppendCsvProduct(std::string& out, const Product& product) {
  const NumberText id(product.product_id);
  const NumberText category(product.category_id);
  const NumberText weight(product.weight);
  const NumberText other(product.some_other_id);
  const std::array<std::string_view, kFields.size()> fields = {
      id.text(), product.sku, product.manufacturer, category.text(), weight.text(), other.text()};
  AppendCsvRow(out, fields);
}

}  // namespace products::cli
