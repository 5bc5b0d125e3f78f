// Cuts the power at every call that the LMDB engine makes: what it wrote is recorded, the disks
// that a cut can leave are made from the record (DiskModel), and each is opened with the real
// engine. What was acknowledged must be there, what was begun must be there whole or not at all,
// and the next write must work.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/crash/change_script.h"
#include "tests/crash/disk_model.h"
#include "tests/crash/recording.h"
#include "tests/crash/scope.h"
#include "tests/crash/state_check.h"
#include "tests/crash/state_walk.h"
#include "tests/support/temp_dir.h"

namespace products::crash {
namespace {

using test::TempDir;

constexpr std::size_t kAllCommits = 1'000'000;  // more than the script has

struct Extent {
  StateSelection selection;
  std::size_t least_states;
};

Extent ExtentOf(Scope scope) {
  switch (scope) {
    case Scope::kSanitized:
      return {{.point_distance = 101, .first_points = 40, .subsets = 1, .tears = 1}, 300};
    case Scope::kUsual:
      return {{.point_distance = 4, .first_points = 100, .subsets = 2, .tears = 2}, 4'000};
    case Scope::kFull:
      return {{.point_distance = 1, .first_points = 0, .subsets = 6, .tears = 6}, 30'000};
  }
  return {};
}

class CrashMatrix : public testing::Test {
 protected:
  // Once for all tests: it is read only.
  static void SetUpTestSuite() {
    tree_ = new TempDir("/dev/shm");
    recording_ = new Recording(Record(tree_->path(), kAllCommits));
  }
  static void TearDownTestSuite() {
    delete recording_;
    delete tree_;
  }

  static TempDir* tree_;
  static Recording* recording_;
};

TempDir* CrashMatrix::tree_ = nullptr;
Recording* CrashMatrix::recording_ = nullptr;

TEST_F(CrashMatrix, RecordHoldsEverythingThatReachedTheFiles) {
  ASSERT_EQ(recording_->exit_codes, std::vector<int>{0}) << recording_->err;
  DiskModel model{SyncRules{}};
  for (const IoEvent& event : recording_->events) {
    model.Begin(event);
    (void)model.Finish(event);
  }
  DiskState files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_->path())) {
    const std::string path = std::filesystem::relative(entry.path(), tree_->path()).string();
    const bool is_watched = !path.ends_with(".lock") && !path.ends_with("lock.mdb");
    if (entry.is_regular_file() && path != kMarksFile && is_watched) {
      files[path] = test::ReadFile(entry.path());
    }
  }
  const DiskState modelled = model.After(model.Everything());
  EXPECT_TRUE(modelled == files) << "the recorder has missed a call, or the model misreads one";
  EXPECT_EQ(recording_->Count(kAcknowledgedMark), MakeScript().size());
}

// Disks write a sector whole or not at all, so this write is never torn. LMDB relies on it: the
// page has no checksum.
TEST_F(CrashMatrix, WriteThatMakesACommitCountLiesWithinOneSector) {
  constexpr std::uint64_t kSectorBytes = 512;
  std::size_t writes = 0;
  for (const IoEvent& event : recording_->events) {
    if (event.kind != IoKind::kWrite || !event.synchronous) continue;
    ++writes;
    EXPECT_EQ(event.offset / kSectorBytes, (event.offset + event.bytes.size() - 1) / kSectorBytes);
  }
  // One a commit; what Fill has built counts by its name.
  EXPECT_EQ(writes, MakeScript().size() - 1);
}

TEST_F(CrashMatrix, EveryStateHoldsWhatWasAcknowledgedAndNothingHalf) {
  const Extent extent = ExtentOf(CurrentScope());
  const CheckSummary summary = CheckStates(recording_->events, {}, extent.selection);
  EXPECT_TRUE(summary.findings.empty()) << summary.Text();
  EXPECT_GE(summary.checks, extent.least_states);
  RecordProperty("states", static_cast<int>(summary.checks));
}

bool LosesAcknowledged(const std::string& finding) {
  return finding.find(", 0 commits acknowledged") == std::string::npos;
}

// Without a promise that the engine relies on, the same states must be found wanting: a matrix that
// cannot fail proves nothing.
TEST_F(CrashMatrix, LossIsSeenWhenSyncsAreLeftOutOfTheRecord) {
  struct Row {
    const char* left_out;
    SyncRules rules;
  };
  for (const Row& row : {Row{"all", {false, false, false}},
                         Row{"fsync and fdatasync of files", {.file_syncs = false}},
                         Row{"O_DSYNC", {.synchronous_writes = false}},
                         Row{"fsync of directories", {.directory_syncs = false}}}) {
    // Not in the opening, where nothing is acknowledged yet.
    const CheckSummary summary =
        CheckStates(recording_->events, row.rules, {.point_distance = 5, .first_points = 0}, 10);
    EXPECT_TRUE(std::any_of(summary.findings.begin(), summary.findings.end(), LosesAcknowledged))
        << "without " << row.left_out << ": " << summary.Text();
  }
}

TEST_F(CrashMatrix, FlippedByteOfAValueIsCorruption) {
  const std::string path = tree_->path() + "/data/data.mdb";
  const std::string content = test::ReadFile(path);
  Catalogue catalogue;
  for (const ScriptedBatch& batch : MakeScript()) Apply(batch, catalogue);
  const TempDir damaged("/dev/shm");
  std::mt19937 random(1);
  for (int i = 0; i < 50; ++i) {
    const std::string& body = std::next(catalogue.begin(), random() % catalogue.size())->second;
    const std::size_t place = random() % body.size();
    std::string flipped = content;
    // Pages that were replaced hold it too, and which is in use is the engine's own affair.
    for (std::size_t found = 0; (found = content.find(body, found)) != std::string::npos; ++found) {
      flipped[found + place] = static_cast<char>(flipped[found + place] ^ (1 << random() % 8));
    }
    WriteState({{"data/data.mdb", flipped}}, damaged.File("tree"));
    std::unique_ptr<Engine> engine;
    const Result<Catalogue> loaded = OpenAndLoad(damaged.File("tree"), engine);
    ASSERT_FALSE(loaded.ok()) << body;
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt) << TextOf(loaded.error());
  }
}

}  // namespace
}  // namespace products::crash
