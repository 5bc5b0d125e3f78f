#pragma once

#include <istream>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/product/product.h"

namespace products::cli {

/// Reads ids, one a line: a number, or a product as JSON on one line, of which the product_id
/// counts (so that what `list -o json` prints can be used as it is). Empty lines and what follows a
/// "#" at the start of a word are left out; an id that comes again counts once. `name` is the
/// file's, for messages. kInvalidArgument for a line that is neither, with its number, column and
/// text.
Result<std::vector<ProductId>> ReadIds(std::istream& in, const std::string& name);

}  // namespace products::cli
