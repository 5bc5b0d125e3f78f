#include "server/service/backups.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <utility>

namespace products {
namespace {

// "products-20261125T143100.042Z.mdb": sorts by time, and is a file name everywhere.
std::string FileName(WallTime now) {
  const auto since_epoch = now.time_since_epoch();
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
  const long milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count() % 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> day{};
  const std::size_t length =
      std::strftime(day.data(), day.size(), "products-%Y%m%dT%H%M%S", &parts);
  std::array<char, 16> rest{};
  std::snprintf(rest.data(), rest.size(), ".%03ldZ.mdb", milliseconds);
  return std::string(day.data(), length) + rest.data();
}

}  // namespace

Backups::Backups(Engine& engine, std::string directory, std::chrono::milliseconds timeout,
                 const Clock& clock)
    : engine_(engine), directory_(std::move(directory)), timeout_(timeout), clock_(clock) {}

Backups::~Backups() { stopping_ = true; }

Status Backups::Start(Done done) {
  if (directory_.empty()) {
    return InvalidArgument("backups are off: set storage.backup_dir to turn them on");
  }
  if (running_.exchange(true)) {
    return Error{ErrorCode::kOverloaded, "a backup is running", {}};
  }
  const bool posted = thread_.Post([this, done = std::move(done)] {
    const Result<FinishedBackup> outcome = Run();
    if (!outcome.ok()) failures_.fetch_add(1, std::memory_order_relaxed);
    products_.store(0, std::memory_order_relaxed);
    running_ = false;
    done(outcome);
  });
  if (posted) return {};
  running_ = false;
  return Error{ErrorCode::kOverloaded, "a backup is running", {}};
}

Result<FinishedBackup> Backups::Run() {
  if (::mkdir(directory_.c_str(), 0750) != 0 && errno != EEXIST) {
    return ErrnoError(ErrorCode::kUnavailable, "cannot make directory " + directory_, errno);
  }
  const std::string file = directory_ + "/" + FileName(clock_.WallNow());
  const MonotonicTime began = clock_.Now();
  const Result<BackupReport> report = engine_.Backup(file, [this, began](std::size_t products) {
    products_.store(products, std::memory_order_relaxed);
    return !stopping_ && clock_.Now() - began < timeout_;
  });
  if (!report.ok()) return report.error();
  const std::chrono::nanoseconds duration = clock_.Now() - began;
  last_success_ = std::chrono::duration<double>(clock_.WallNow().time_since_epoch()).count();
  last_duration_ = std::chrono::duration<double>(duration).count();
  last_file_bytes_ = report->file_bytes;
  return FinishedBackup{file, *report, duration};
}

Backups::Figures Backups::figures() const {
  return {running_,
          products_.load(std::memory_order_relaxed),
          failures_.load(std::memory_order_relaxed),
          last_success_,
          last_duration_,
          last_file_bytes_};
}

}  // namespace products
