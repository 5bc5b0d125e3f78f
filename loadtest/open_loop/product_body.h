#pragma once

#include <cstdint>
#include <string>

#include "core/base/error.h"

namespace products::open_loop {

/// Appends a product as it goes on the wire, with its "\n"; catalogue.py makes the same bytes with
/// the weight CatalogueWeight(id).
void AppendProduct(std::string& text, std::uint32_t id, std::uint32_t weight);

inline std::uint32_t CatalogueWeight(std::uint32_t id) { return id % 50000; }

/// Writes products 1..count to a new file, one a line.
Status WriteCatalogue(const std::string& file, std::uint32_t count);

}  // namespace products::open_loop
