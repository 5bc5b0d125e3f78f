#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace products::test {

/// How a run is set up. Nothing of the test's own environment reaches the program but the options
/// of the sanitizers.
struct RunOptions {
  std::map<std::string, std::string> environment = {};
  std::string input = {};
  /// Standard output and standard error are a pseudo-terminal each, of this many columns.
  std::optional<int> terminal_columns = std::nullopt;
  /// Standard output goes to this file instead.
  std::string out_path = {};
};

struct RunResult {
  int exit_code = -1;  ///< 128 + the signal's number when one ended it
  std::string out;
  std::string err;
};

/// A real program as a process of its own. Killed when it outlives its test's patience, or the
/// test.
class ChildProcess {
 public:
  ChildProcess(const std::string& program, const std::vector<std::string>& arguments,
               const RunOptions& options = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  /// Reads what it prints until it ends. Once.
  RunResult Wait();

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
};

/// Runs a program to its end.
RunResult RunToEnd(const std::string& program, const std::vector<std::string>& arguments,
                   const RunOptions& options = {});

}  // namespace products::test
