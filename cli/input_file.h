#pragma once

#include <cstddef>
#include <istream>
#include <string>

#include "core/base/result.h"

namespace products::cli {

/// Files that commands read: each is named by its path, or by "-" for standard input.

/// For messages: the path made printable, or "standard input".
std::string NameOfInput(const std::string& path);

/// Where something stands in a text, both from 1; columns count bytes.
struct Place {
  std::size_t line = 1;
  std::size_t column = 1;
};

/// Of the byte at `offset`.
Place PlaceOf(const std::string& text, std::size_t offset);

/// How a message about a place in a file begins: "product.yaml:3:7: ".
std::string PlaceText(const std::string& name, Place place);

/// All of a file that is at most `max_bytes` long. kInvalidArgument otherwise, or when it cannot be
/// read.
Result<std::string> ReadInput(const std::string& path, std::istream& standard_input,
                              std::size_t max_bytes);

}  // namespace products::cli
