#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace products {

/// Strict decimal integers: the whole text or nothing. No spaces, no exponent, no trailing
/// characters, and nothing out of range; absent then.

/// Digits with an optional "-" or "+", leading zeros allowed (what a path id may look like).
std::optional<std::int64_t> ParseInt64(std::string_view text);

/// Digits only.
std::optional<std::uint64_t> ParseUint64(std::string_view text);

/// A finite decimal number such as "12", "0.5" or "1e3".
std::optional<double> ParseDouble(std::string_view text);

/// "true" or "false".
std::optional<bool> ParseBool(std::string_view text);

}  // namespace products
