#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace products::test {

/// Whether memory is measured well: a sanitizer's shadow and quarantine count, too.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMemoryIsItsOwn = false;
#else
inline constexpr bool kMemoryIsItsOwn = true;
#endif

/// A server as a process of its own, on free ports of loopback, in a directory of its own. Killed
/// with the object; when it ended by itself or not well, the test fails with its log.
class ServerProcess {
 public:
  /// Waits until the server has written its ready file. `ready_flag` is what the program calls it:
  /// "--ready-file". Throws std::runtime_error with its log when it ends instead.
  ServerProcess(const std::string& program, std::vector<std::string> arguments,
                const std::string& ready_flag = "--ready-file");
  /// A productd that is waited for only until then: it has addresses and may still be loading.
  enum class Until { kReady, kListening };
  ServerProcess(const std::string& program, std::vector<std::string> arguments, Until until);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// productd on a free port with so many workers, JSON log, and these flags besides.
  static std::vector<std::string> ProductdArguments(std::vector<std::string> flags = {},
                                                    int workers = 2);

  /// "127.0.0.1:PORT".
  const std::string& address() const { return addresses_.at(0); }
  const std::string& management_address() const { return addresses_.at(1); }
  pid_t pid() const { return pid_; }

  void WaitUntilReady();

  void Signal(int signal) const;
  /// Returns once none of its threads runs any more. SIGCONT goes on.
  void Suspend() const;
  /// Waits for the end; the exit code, 128 + signal when one ended it. Once. Throws when it takes
  /// too long.
  int WaitForExit();
  /// SIGTERM, then WaitForExit.
  int Stop();
  /// SIGKILL, and returns when it is gone. Throws when it had ended by itself before.
  void Kill();

  std::string Log() const;
  /// User and system time so far.
  std::chrono::milliseconds CpuTime() const;
  std::size_t ResidentBytes() const;
  /// The most that it ever had.
  std::size_t PeakResidentBytes() const;

 private:
  void Start(const std::string& program, std::vector<std::string> arguments,
             const std::string& ready_flag);
  void Await(const std::function<bool()>& condition) const;

  TempDir directory_;
  pid_t pid_ = -1;
  std::vector<std::string> addresses_;
};

}  // namespace products::test
