#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "core/base/background_thread.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "server/storage/engine.h"

namespace products {

struct FinishedBackup {
  std::string file;
  BackupReport report;
  std::chrono::nanoseconds duration;
};

/// Copies of the catalogue in files of a directory, made one at a time on a thread of its own while
/// reads and writes go on.
class Backups {
 public:
  /// An empty `directory` turns backups off. A backup that takes longer than `timeout` is given up,
  /// as is one that runs when this is destroyed. References must outlive this.
  Backups(Engine& engine, std::string directory, std::chrono::milliseconds timeout,
          const Clock& clock);
  ~Backups();
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;

  using Done = std::function<void(const Result<FinishedBackup>& outcome)>;
  /// Any thread. Ok when one begins: `done` is then told the outcome once, from the thread of this.
  /// kInvalidArgument when backups are off, kOverloaded while another one runs.
  Status Start(Done done);

  struct Figures {
    bool running;
    /// Copied so far by the one that runs; 0 when none does.
    std::size_t products;
    std::uint64_t failures;
    /// Of the last one that ended well; 0 before.
    double last_success_unix_seconds;
    double last_duration_seconds;
    std::uint64_t last_file_bytes;
  };
  /// Any thread.
  Figures figures() const;

 private:
  Result<FinishedBackup> Run();

  Engine& engine_;
  const std::string directory_;
  const std::chrono::milliseconds timeout_;
  const Clock& clock_;
  std::atomic<bool> running_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> products_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<double> last_success_{0};
  std::atomic<double> last_duration_{0};
  std::atomic<std::uint64_t> last_file_bytes_{0};
  BackgroundThread thread_{1};
};

}  // namespace products
