#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/csv.h"
#include "cli/file_kind.h"
#include "cli/input_file.h"
#include "cli/product_csv.h"
#include "core/base/result.h"
#include "core/product/product.h"

namespace products::cli {

/// A line or row of a file of products.
struct ProductRow {
  std::uint64_t line = 0;  ///< where it begins, from 1
  std::string_view text;   ///< as it stands, of a long one the beginning; valid until the next row
  Product product;         ///< when status is ok
  Status status;           ///< why it is no product
};

/// Reads a file of products, NDJSON or CSV, row by row; empty lines are skipped. A row that is no
/// product is given as such. Memory: a buffer, and the longest row. One thread.
class ProductReader {
 public:
  /// Fails as InputFile::Open does.
  static Result<std::unique_ptr<ProductReader>> Open(const std::string& path, FileFormat format,
                                                     int wake_descriptor);
  virtual ~ProductReader() = default;
  ProductReader(const ProductReader&) = delete;
  ProductReader& operator=(const ProductReader&) = delete;

  /// False behind the last row. kInvalidArgument when the file cannot be read on or a header row is
  /// wrong; kUnavailable when it was woken.
  virtual Result<bool> Next(ProductRow& row) = 0;

  /// Rows that begin before this line are passed over without a look at what they say.
  void StartAt(std::uint64_t line) { first_line_ = line; }

  InputFile& file() { return *file_; }

 protected:
  ProductReader(std::string name, std::unique_ptr<InputFile> file);

  const std::string name_;
  const std::unique_ptr<InputFile> file_;
  std::uint64_t first_line_ = 0;
};

}  // namespace products::cli
