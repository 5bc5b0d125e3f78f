#pragma once

#include <string>
#include <vector>

#include "tests/support/child_process.h"

namespace products::cli {

using test::ChildProcess;
using test::RunOptions;
using test::RunResult;

/// Runs the productctl of this build to its end.
RunResult RunProductctl(const std::vector<std::string>& arguments, const RunOptions& options = {});

/// A session at the prompt, as text: each command with what it printed and how it ended. What
/// differs from run to run (ports, durations, rates, version and commit) is replaced by a word.
class Transcript {
 public:
  /// Runs productctl with `arguments`, against `endpoint` unless that is empty, and appends it all.
  RunResult Run(const std::string& endpoint, const std::vector<std::string>& arguments,
                RunOptions options = {});
  /// From then on `path` is shown as /DIRECTORY.
  void HideDirectory(const std::string& path) { directory_ = path; }
  /// Appends a line of explanation.
  void Note(const std::string& text);

  /// Compares with tests/cli/golden/<name>.txt; writes that file instead when the environment has
  /// PRODUCTCTL_UPDATE_GOLDEN=1.
  void ExpectGolden(const std::string& name) const;

 private:
  std::string text_;
  std::string directory_;
};

}  // namespace products::cli
