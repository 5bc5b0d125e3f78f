#pragma once

#include <string>
#include <string_view>

namespace products {

/// Appends `text` (valid UTF-8) as a JSON string with its quotes, in the one escaping this product
/// emits (docs: contract, "JSON we emit"): `\b \f \n \r \t \" \\` short, other control characters
/// and `<` `>` `&` as \u00xx, U+2028 and U+2029 as \u2028 and \u2029, the rest raw, "/" too. Same
/// bytes as Go's encoding/json (since 1.22), which existing clients compare with. Thread-safe.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace products
