#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "cli/input_file.h"
#include "core/base/result.h"
#include "core/product/product_field.h"

namespace products::cli {

/// What a file says of one product, before any rule of a product is applied.
struct ProductFile {
  struct Value {
    std::variant<std::string, std::int64_t> value;
    Place place;
  };

  std::string name;  ///< for messages
  std::string text;
  std::map<ProductField, Value> values;
};

/// Reads a product written by a person: a JSON object (a file that is called *.json, or begins with
/// a bracket) or a YAML map (the others). One product a file. Stricter than the wire, where what is
/// unknown is ignored: here a mistyped key would be a weight of 0. Each error is kInvalidArgument
/// and says file, line and column, and shows the line.
Result<ProductFile> ParseProductFile(std::string name, std::string text);

/// An error about a place in `file`:
///     product.yaml:3:9: weight must be >= 0
///       | weight: -5
///       |         ^
Error ErrorAt(const ProductFile& file, Place place, const std::string& what);

}  // namespace products::cli
