#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace products::crash {

/// A child's side: where it is, and what it has found.
class CheckReport {
 public:
  virtual ~CheckReport() = default;
  /// Says that check `number` begins; false when it is another child's, or was done before.
  virtual bool Begins(std::size_t number) = 0;
  /// False when enough was found and the rest is of no interest.
  virtual bool Found(const std::string& text) = 0;
};

struct CheckSummary {
  std::size_t checks = 0;
  std::vector<std::string> findings;

  /// For the message of a failed test.
  std::string Text() const;
};

/// Runs `check_all` in child processes, one a CPU, that share the checks among themselves by their
/// numbers: an engine that is given a broken file may die, and that is a finding like another. The
/// child after it goes on behind the deadly check. `check_all` must number the checks alike at each
/// call, and ends early when Found says so. The caller has one thread.
CheckSummary RunIsolated(std::size_t max_findings,
                         const std::function<void(CheckReport&)>& check_all);

}  // namespace products::crash
