#pragma once

#include <cstddef>

namespace products::load {

/// PRODUCTD_LOAD_DIVISOR is the one factor of all sizes here: 1 as built for use, more where the
/// compiler's checks make the server many times slower (tests/load/CMakeLists.txt sets it).
constexpr std::size_t Scaled(std::size_t size) { return size / PRODUCTD_LOAD_DIVISOR; }

}  // namespace products::load
