#include "server/process_limits.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>

#include "core/base/parse.h"

namespace products {
namespace {

// Listeners, standard streams, the management worker, and some to spare: connections over the limit
// are accepted before they are refused.
constexpr std::size_t kOwnDescriptors = 256;
// The epoll, eventfds and timer of one worker, counted in /proc/PID/fd.
constexpr std::size_t kDescriptorsPerWorker = 8;

}  // namespace

void OpenStandardDescriptors() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    // The lowest that is free is the one that is looked at.
    if (::fcntl(descriptor, F_GETFD) < 0) (void)::open("/dev/null", O_RDWR);
  }
}

Status ReserveDescriptors(std::size_t max_connections, int workers) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return ErrnoError(ErrorCode::kInternal, "cannot read the limit of open files", errno);
  }
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t wanted =
      max_connections + kOwnDescriptors + static_cast<std::size_t>(workers) * kDescriptorsPerWorker;
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < wanted) {
    return InvalidArgument("http.max_connections: " + std::to_string(max_connections) +
                           " connections and " + std::to_string(workers) + " workers need " +
                           std::to_string(wanted) + " open files, and the limit (ulimit -n) is " +
                           std::to_string(limit.rlim_cur));
  }
  return {};
}

int UsableCpus() {
  cpu_set_t bound_to;
  // Fails only where there are more CPUs than the set holds.
  int cpus =
      ::sched_getaffinity(0, sizeof bound_to, &bound_to) == 0 ? CPU_COUNT(&bound_to) : CPU_SETSIZE;
  std::string quota;
  std::string period;
  std::ifstream("/sys/fs/cgroup/cpu.max") >> quota >> period;  // "max 100000" for no quota
  const auto quota_us = ParseUint64(quota);
  const auto period_us = ParseUint64(period);
  if (quota_us && period_us && *period_us > 0) {
    const std::uint64_t whole = (*quota_us + *period_us - 1) / *period_us;
    cpus = static_cast<int>(std::min<std::uint64_t>(static_cast<std::uint64_t>(cpus), whole));
  }
  return std::max(cpus, 1);
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
