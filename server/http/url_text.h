#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace products {

/// Replaces `out` by `text` with its percent-encoding decoded, once. False when a "%" is not
/// followed by two hexadecimal digits; `out` then holds what came before it.
bool PercentDecode(std::string_view text, std::string& out);

/// The decoded value of the last parameter of that name in a query "a=b&c=d"; absent when there is
/// none, empty without "=". Names are compared as they are. kInvalidArgument when the value's
/// percent-encoding is malformed.
Result<std::optional<std::string>> FindQueryParameter(std::string_view query,
                                                      std::string_view name);

}  // namespace products
