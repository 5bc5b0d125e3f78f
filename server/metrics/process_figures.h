#pragma once

#include <optional>

namespace products {

/// What the kernel knows about this process; absent what it does not tell.
struct ProcessFigures {
  std::optional<double> cpu_seconds;
  std::optional<double> open_fds;
  std::optional<double> max_fds;
  std::optional<double> resident_memory_bytes;
  std::optional<double> virtual_memory_bytes;
  std::optional<double> start_time_seconds;  ///< Since 1970.
  std::optional<double> threads;
  // Of the cgroup (v2) this process is in; absent where it has no CPU controller.
  std::optional<double> cpu_periods;
  std::optional<double> cpu_throttled_periods;
  std::optional<double> cpu_throttled_seconds;
};

/// Reads /proc/self and /sys/fs/cgroup. Any thread, but not an I/O one: listing 16,000 descriptors
/// takes milliseconds.
ProcessFigures ReadProcessFigures();

}  // namespace products
