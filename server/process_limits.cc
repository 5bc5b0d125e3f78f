#include "server/process_limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>

#include "core/base/parse.h"

namespace products {
namespace {

// Listeners, eventfds, timers, logs and files of the process itself, and some to spare.
constexpr std::size_t kOwnDescriptors = 256;

}  // namespace

Status ReserveDescriptors(std::size_t max_connections) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return ErrnoError(ErrorCode::kInternal, "cannot read the limit of open files", errno);
  }
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t wanted = max_connections + kOwnDescriptors;
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < wanted) {
    return InvalidArgument("http.max_connections: " + std::to_string(max_connections) +
                           " connections need " + std::to_string(wanted) +
                           " open files, and the limit (ulimit -n) is " +
                           std::to_string(limit.rlim_cur));
  }
  return {};
}

std::uint64_t UsableMemoryBytes() {
  const auto pages = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  std::uint64_t usable = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  for (const char* const file :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::string text;
    std::ifstream(file) >> text;  // "max" for no limit
    if (const auto limit = ParseUint64(text)) usable = std::min(usable, *limit);
  }
  return usable;
}

}  // namespace products
