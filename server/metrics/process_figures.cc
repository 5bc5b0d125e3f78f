#include "server/metrics/process_figures.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace products {
namespace {

std::string ReadText(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> Words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::optional<double> ToNumber(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<double>(number);
}

// Finer than utime and stime of /proc/self/stat, which count in hundredths of a second.
std::optional<double> CpuSeconds() {
  timespec time{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return std::nullopt;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::optional<double> OpenFds() {
  constexpr char kDirectory[] = "/proc/self/fd";
  // From Linux 6.2 on the size of the directory is the number of descriptors; before it is 0.
  struct stat status {};
  if (stat(kDirectory, &status) == 0 && status.st_size > 0) {
    return static_cast<double>(status.st_size);
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(kDirectory), closedir);
  if (!directory) return std::nullopt;
  int count = 0;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count - 1;  // not the one that lists them
}

std::optional<double> MaxFds() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

// When the machine started, seconds since 1970.
std::optional<double> BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return ToNumber(std::string_view(line).substr(6));
  }
  return std::nullopt;
}

// The cgroup is the root of what a container sees, and elsewhere where /proc/self/cgroup says.
void ReadThrottling(ProcessFigures& figures) {
  std::ifstream place("/proc/self/cgroup");
  std::string line;
  while (std::getline(place, line) && !line.starts_with("0::")) {
  }
  const std::string path = line.starts_with("0::") ? line.substr(3) : "";
  std::ifstream file("/sys/fs/cgroup" + path + "/cpu.stat");
  if (!file) file.open("/sys/fs/cgroup/cpu.stat");
  std::string name;
  std::string value;
  while (file >> name >> value) {
    if (name == "nr_periods") figures.cpu_periods = ToNumber(value);
    if (name == "nr_throttled") figures.cpu_throttled_periods = ToNumber(value);
    if (name != "throttled_usec") continue;
    if (const auto microseconds = ToNumber(value)) {
      figures.cpu_throttled_seconds = *microseconds / 1e6;
    }
  }
}

}  // namespace

ProcessFigures ReadProcessFigures() {
  ProcessFigures figures;
  ReadThrottling(figures);
  figures.cpu_seconds = CpuSeconds();
  figures.open_fds = OpenFds();
  figures.max_fds = MaxFds();

  const std::string status = ReadText("/proc/self/stat");
  // proc(5) numbers the fields from 1; the second is the program's name in parentheses, which may
  // hold spaces and parentheses itself, so that counting begins behind the last one.
  const std::size_t name_end = status.rfind(')');
  if (name_end == std::string::npos) return figures;
  const std::vector<std::string> words = Words(std::string_view(status).substr(name_end + 1));
  const auto field = [&words](std::size_t number) -> std::optional<double> {
    return number - 3 < words.size() ? ToNumber(words[number - 3]) : std::nullopt;
  };
  figures.threads = field(20);
  figures.virtual_memory_bytes = field(23);
  if (const auto pages = field(24)) {
    figures.resident_memory_bytes = *pages * static_cast<double>(sysconf(_SC_PAGESIZE));
  }
  const std::optional<double> boot_time = BootTime();
  const std::optional<double> start_ticks = field(22);
  if (boot_time && start_ticks) {
    figures.start_time_seconds =
        *boot_time + *start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return figures;
}

}  // namespace products
