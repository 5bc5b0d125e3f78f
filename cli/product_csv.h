#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/csv.h"
#include "core/base/result.h"
#include "core/product/product.h"
#include "core/product/product_field.h"

namespace products::cli {

/// Products as CSV rows: a header row names the fields as JSON does, in any order; weight may be
/// missing. Thread-safe.

/// Which field each column holds.
using CsvColumns = std::vector<ProductField>;

/// kInvalidArgument for a column that is unknown, there twice or missing.
Result<CsvColumns> ParseCsvHeader(const CsvRow& row);

/// kInvalidArgument when the row breaks the form of CSV, is not a field for each column, or breaks
/// a rule of a product: then in the contract's words.
Result<Product> ParseCsvProduct(const CsvRow& row, const CsvColumns& columns);

/// The header row, and a row in the same order.
void AppendCsvHeader(std::string& out);
void AppendCsvProduct(std::string& out, const Product& product);

}  // namespace products::cli
