#pragma once

#include <string_view>

namespace products {

/// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above
/// U+10FFFF. Thread-safe.
bool IsUtf8(std::string_view text);

}  // namespace products
