#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace products {

/// Objects and arrays within each other that a body may have; encoding/json's own limit.
inline constexpr std::size_t kMaxJsonDepth = 10000;

/// Why `body` is not the JSON of a product, in the words of Go's encoding/json, which existing
/// clients compare with: "invalid character 'o' in literal null (expecting 'u')", "unexpected EOF",
/// "json: cannot unmarshal array into Go value of type models.Product". Without the "Invalid JSON:
/// " before it. What breaks the grammar comes before text that is not Unicode ("invalid UTF-8",
/// "unpaired surrogate"), and that before a value of the wrong type. Called only after the fast
/// parser refused; empty when it finds nothing wrong, which is a defect of one of the two. Cost:
/// one pass, no recursion, constant memory but for the nesting depth.
std::string DiagnoseProductJson(std::string_view body);

}  // namespace products
