#pragma once

#include <string_view>

#include "core/product/product.h"

namespace products::cli {

/// Reads a line, without its end, that is exactly as a server or productctl writes one whose texts
/// are ASCII and need no escape: most lines of most files, without what a JSON parser costs.
/// Overwrites `product`, reusing its strings. False for every other line, good or not, which
/// ParseProduct is to judge; `product` is then partly set.
bool ReadPlainProductLine(std::string_view line, Product& product);

}  // namespace products::cli
