#include "server/offline_commands.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "server/storage/lmdb_engine.h"

namespace products {
namespace {

constexpr std::chrono::milliseconds kBetweenRefreshes{125};

// One line on a terminal that is written over; nothing elsewhere.
class TerminalProgress {
 public:
  explicit TerminalProgress(const char* verb) : verb_(verb) {}
  ~TerminalProgress() {
    if (shown_) std::fputs("\r\033[K", stderr);
  }
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;

  void Show(std::size_t products) {
    if (!is_terminal_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < kBetweenRefreshes) return;
    last_ = now;
    shown_ = true;
    std::fprintf(stderr, "\r%s: %zu products", verb_, products);
  }

 private:
  const char* const verb_;
  const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::chrono::steady_clock::time_point last_;
  bool shown_ = false;
};

int Fail(const Error& error) {
  std::fprintf(stderr, "productd: %s%s%s%s\n", error.message.c_str(),
               error.detail.empty() ? "" : " (", error.detail.c_str(),
               error.detail.empty() ? "" : ")");
  return 1;
}

}  // namespace

int VerifyDataDirectory(const std::string& directory) {
  const Result<VerifyReport> report = [&directory] {
    TerminalProgress progress("verifying");
    return VerifyLmdb(directory, [&progress](std::size_t products) {
      progress.Show(products);
      return true;
    });
  }();
  if (!report.ok()) return Fail(report.error());
  for (const std::string& fault : report->faults) std::printf("%s\n", fault.c_str());
  if (report->fault_count > report->faults.size()) {
    std::printf("and %zu more\n", report->fault_count - report->faults.size());
  }
  std::printf("%s: %zu products, %llu bytes, %zu damaged\n", directory.c_str(), report->products,
              static_cast<unsigned long long>(report->file_bytes), report->fault_count);
  return report->fault_count == 0 ? 0 : 1;
}

int RestoreDataDirectory(const std::string& backup_file, const std::string& directory) {
  const Result<BackupReport> report = [&] {
    TerminalProgress progress("restoring");
    return RestoreLmdb(backup_file, directory, [&progress](std::size_t products) {
      progress.Show(products);
      return true;
    });
  }();
  if (!report.ok()) return Fail(report.error());
  std::printf("%s: restored %zu products, %llu bytes\n", directory.c_str(), report->products,
              static_cast<unsigned long long>(report->file_bytes));
  return 0;
}

}  // namespace products
