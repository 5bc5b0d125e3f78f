#include "loadtest/open_loop/sync_probe.h"

#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <random>
#include <vector>

#include "loadtest/open_loop/pace.h"

namespace products::open_loop {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kPages = 16 * 1024;
constexpr std::size_t kFillBytes = 1 << 20;
// From linux/magic.h, which no file of this project includes.
constexpr long kTmpfsMagic = 0x01021994;
constexpr long kRamfsMagic = static_cast<long>(0x858458f6);

// A file that has lost its name, and so goes with its descriptor.
class ProbeFile {
 public:
  ~ProbeFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  ProbeFile() = default;
  ProbeFile(const ProbeFile&) = delete;
  ProbeFile& operator=(const ProbeFile&) = delete;

  // Every block is written, not only reserved: else the first write of each also changes the file's
  // metadata, and fdatasync waits for the journal.
  Status Open(const std::string& directory) {
    const auto fail = [&directory] {
      return ErrnoError(ErrorCode::kUnavailable, "cannot write a file in " + directory, errno);
    };
    std::string name = directory + "/fdatasync-XXXXXX";
    descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ < 0 || ::unlink(name.c_str()) != 0) return fail();
    struct statfs file_system {};
    if (::fstatfs(descriptor_, &file_system) != 0) return fail();
    if (file_system.f_type == kTmpfsMagic || file_system.f_type == kRamfsMagic) {
      return InvalidArgument(directory + " is in memory, and not on a device");
    }
    const std::vector<char> block(kFillBytes, 'x');
    for (std::size_t at = 0; at < kPages * kPageBytes; at += block.size()) {
      if (::pwrite(descriptor_, block.data(), block.size(), static_cast<off_t>(at)) !=
          static_cast<ssize_t>(block.size())) {
        return fail();
      }
    }
    return ::fsync(descriptor_) == 0 ? Status() : fail();
  }

  Status WritePage(std::size_t page, const std::array<char, kPageBytes>& bytes) const {
    const auto at = static_cast<off_t>(page * kPageBytes);
    if (::pwrite(descriptor_, bytes.data(), bytes.size(), at) != kPageBytes ||
        ::fdatasync(descriptor_) != 0) {
      return ErrnoError(ErrorCode::kUnavailable, "cannot write a page", errno);
    }
    return {};
  }

 private:
  int descriptor_ = -1;
};

}  // namespace

Result<SyncProbeReport> RunSyncProbe(const SyncProbeOptions& options) {
  ProbeFile file;
  if (Status opened = file.Open(options.directory); !opened.ok()) return opened.error();
  std::mt19937_64 random(options.schedule.seed);
  std::array<char, kPageBytes> page{};
  SyncProbeReport report;
  Schedule schedule(options.schedule);
  SleepExactly();
  const nanoseconds start = MonotonicNow();
  for (Arrival next = schedule.Next(); next.due < options.duration; next = schedule.Next()) {
    SleepUntil(start + next.due);
    const nanoseconds begun = MonotonicNow() - start;
    // Behind its schedule it ends with its time all the same.
    if (begun >= options.duration) break;
    ++page[random() % page.size()];
    if (Status written = file.WritePage(random() % kPages, page); !written.ok()) {
      return written.error();
    }
    const nanoseconds now = MonotonicNow() - start;
    report.durations.Add(now - begun);
    report.latencies.Add(now - next.due);
    report.behind = begun - next.due;
  }
  return report;
}

}  // namespace products::open_loop
