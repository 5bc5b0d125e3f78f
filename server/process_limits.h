#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/error.h"

namespace products {

/// Raises the limit of open descriptors as far as allowed. Not ok when `max_connections` and the
/// process's own files do not fit: the accept thread would spin once descriptors run out.
Status ReserveDescriptors(std::size_t max_connections);

/// Bytes of memory this process may use: its cgroup's limit (v2 or v1), or the machine's memory.
std::uint64_t UsableMemoryBytes();

}  // namespace products
