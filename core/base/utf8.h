#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace products {

/// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above
/// U+10FFFF. Thread-safe.
bool IsValidUtf8(std::string_view text);

/// Unicode code points in `text`, which is well-formed UTF-8. Thread-safe.
std::size_t CountCharacters(std::string_view text);

/// `text` with U+FFFD for every byte that is not part of a well-formed character. Thread-safe.
std::string ReplaceMalformedUtf8(std::string_view text);

}  // namespace products
