#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "server/storage/engine.h"
#include "tests/crash/io_log.h"

namespace products::crash {

/// What the recorded program writes into the log before each commit, and after each that ended
/// well.
inline constexpr const char* kBegunMark = "begun\n";
inline constexpr const char* kAcknowledgedMark = "acknowledged\n";
/// And when it has opened the engine and found so many commits there: a reader has seen them now.
std::string OpenedMark(std::size_t commits);

/// The engine in the folder "data" of `tree`, with a map as small as the script allows.
Result<std::unique_ptr<Engine>> OpenEngineUnderTest(const std::string& tree);

/// What the recorded program did.
struct Recording {
  std::vector<int> exit_codes;  ///< of each run
  std::string err;              ///< of all
  std::vector<IoEvent> events;  ///< of all

  std::size_t Count(const char* mark) const;
  /// Whether a call was made to fail.
  bool HasFault() const;
};

/// Runs the recorded program with an empty `tree`, for so many commits of the script, with `fault`
/// as in PRODUCTD_IO_FAULT. When it does not come to its end it is run once more, without a fault
/// and on what it has left, as an operator does.
Recording Record(const std::string& tree, std::size_t commits, const std::string& fault = {});

}  // namespace products::crash
