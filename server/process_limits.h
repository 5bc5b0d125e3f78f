#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/error.h"

namespace products {

/// Opens /dev/null in place of standard descriptors that are closed. Before anything else is
/// opened: the next file or socket would get the number of standard error, and with it the lines of
/// the log.
void OpenStandardDescriptors();

/// Raises the limit of open descriptors as far as allowed. Not ok when `max_connections`, `workers`
/// and the process's own files do not fit: the accept thread would spin once descriptors run out.
Status ReserveDescriptors(std::size_t max_connections, int workers);

/// CPUs this process may use: those it is bound to, and no more than its cgroup's quota (v2).
int UsableCpus();

/// Bytes of memory this process may use: its cgroup's limit (v2 or v1), or the machine's memory.
std::uint64_t UsableMemoryBytes();

}  // namespace products
