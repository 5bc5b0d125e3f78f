#pragma once

#include <string>
#include <string_view>

namespace products {

/// Appends `text` (valid UTF-8) as a JSON string with its quotes, in the one escaping this product
/// emits (docs: contract, "JSON we emit"): `<` `>` `&` U+2028 U+2029 and control characters as
/// \u00xx,
/// `\b \f \n \r \t \" \\` short, other characters raw, "/" not escaped. Same bytes as Go's
/// encoding/json, which existing clients compare with. Thread-safe.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace products
