#pragma once

#include <cstddef>

namespace products {

/// Objects and arrays within each other that a body may have; encoding/json's own limit.
inline constexpr std::size_t kMaxJsonDepth = 10000;

}  // namespace products
