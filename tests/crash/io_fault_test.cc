// Each call that the LMDB engine makes fails once, with each error that a disk can give: nothing
// acknowledged may be lost, now or by a power cut after it, and what kOverloaded promises must
// hold.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstddef>
#include <iterator>
#include <string>

#include "tests/crash/recording.h"
#include "tests/crash/scope.h"
#include "tests/crash/state_check.h"
#include "tests/support/temp_dir.h"

namespace products::crash {
namespace {

constexpr std::size_t kCommits = 5;

/// How the program ends that was recorded.
constexpr int kEnds = 0;
constexpr int kFailsToOpen = 3;
constexpr int kStopsWriting = 5;
constexpr int kIsKilled = 128 + SIGKILL;

struct Row {
  const char* call;
  const char* error;
  /// After a fault in a commit.
  int exit_code;
};

constexpr Row kRows[] = {
    {"write", "ENOSPC", kEnds},
    {"write", "HALF", kStopsWriting},  // on a disk that is not full
    {"write", "EIO", kStopsWriting},
    {"write", "KILL", kIsKilled},
    // The page that makes a commit count: it may have reached the disk.
    {"synchronous_write", "ENOSPC", kStopsWriting},
    {"synchronous_write", "HALF", kStopsWriting},
    {"synchronous_write", "EIO", kStopsWriting},
    {"synchronous_write", "KILL", kIsKilled},
    {"sync", "ENOSPC", kEnds},
    {"sync", "EIO", kStopsWriting},
    {"sync", "KILL", kIsKilled},
    {"name", "ENOSPC", kEnds},
    {"name", "EIO", kStopsWriting},
    {"name", "KILL", kIsKilled},
};

// Before the first commit: opening and filling are given up as a whole.
bool IsInStart(const Recording& recording) {
  for (const IoEvent& event : recording.events) {
    if (event.kind == IoKind::kFault || event.kind == IoKind::kSyncFault) return true;
    if (event.kind == IoKind::kMark && event.bytes == kAcknowledgedMark) return false;
  }
  return false;
}

// From one call that fails to the next. In the start all is different from call to call.
std::size_t StepAfter(const Recording& recording, Scope scope) {
  switch (scope) {
    case Scope::kSanitized:
      return 11;
    case Scope::kUsual:
      return IsInStart(recording) ? 1 : 4;
    case Scope::kFull:
      break;
  }
  return 1;
}

TEST(IoFault, LosesNothingWhicheverCallFailsAndStartsAgain) {
  std::size_t faults = 0;
  std::size_t states = 0;
  for (const Row& row : kRows) {
    for (std::size_t number = 1;;) {
      const std::string fault =
          std::string(row.call) + ":" + std::to_string(number) + ":" + row.error;
      SCOPED_TRACE(fault);
      const test::TempDir tree("/dev/shm");
      const Recording recording = Record(tree.path(), kCommits, fault);
      if (!recording.HasFault()) break;
      ++faults;
      const int exit_code = recording.exit_codes.front();
      if (IsInStart(recording)) {
        EXPECT_THAT(exit_code, testing::AnyOf(kEnds, kFailsToOpen, kStopsWriting, kIsKilled))
            << recording.err;
      } else {
        EXPECT_EQ(exit_code, row.exit_code) << recording.err;
      }
      EXPECT_EQ(recording.exit_codes.back(), kEnds) << recording.err;
      const CheckSummary summary = CheckStates(
          recording.events, {}, {.point_distance = 9, .first_points = 0, .subsets = 1, .tears = 1});
      EXPECT_TRUE(summary.findings.empty()) << summary.Text();
      states += summary.checks;
      number += StepAfter(recording, CurrentScope());
    }
  }
  EXPECT_GE(faults, CurrentScope() == Scope::kSanitized ? std::size(kRows) : 90U);
  RecordProperty("states", static_cast<int>(states));
}

}  // namespace
}  // namespace products::crash
