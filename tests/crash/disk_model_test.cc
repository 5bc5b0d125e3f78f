#include "tests/crash/disk_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace products::crash {
namespace {

constexpr std::uint64_t kFile = 7;

IoEvent Create(const std::string& path, std::uint64_t file = kFile) {
  return {.kind = IoKind::kCreate, .file = file, .path = path};
}
IoEvent Write(std::uint64_t offset, const std::string& bytes) {
  return {.kind = IoKind::kWrite, .file = kFile, .offset = offset, .bytes = bytes};
}
IoEvent SynchronousWrite(std::uint64_t offset, const std::string& bytes) {
  IoEvent event = Write(offset, bytes);
  event.synchronous = true;
  return event;
}
IoEvent Sync() { return {.kind = IoKind::kSync, .file = kFile}; }
IoEvent SyncDirectory(const std::string& path = ".") {
  return {.kind = IoKind::kSyncDirectory, .path = path};
}

class DiskModelTest : public testing::Test {
 protected:
  void Do(const std::vector<IoEvent>& events, SyncRules rules = {}) {
    model_.emplace(rules);
    for (const IoEvent& event : events) {
      model_->Begin(event);
      (void)model_->Finish(event);
    }
  }
  DiskState AfterLosingAll() const { return model_->After(model_->Nothing()); }

  std::optional<DiskModel> model_;
};

TEST_F(DiskModelTest, SyncMakesAllEarlierWritesOfTheFileDurableAndNoLaterOne) {
  Do({Create("f"), SyncDirectory(), Write(0, "aaaa"), Write(2, "bb"), Sync(), Write(0, "c")});
  EXPECT_EQ(AfterLosingAll(), (DiskState{{"f", "aabb"}}));
  EXPECT_EQ(model_->After(model_->Everything()), (DiskState{{"f", "cabb"}}));
}

TEST_F(DiskModelTest, SynchronousWriteIsDurableAloneAndStaysBehindEarlierOnes) {
  Do({Create("f"), SyncDirectory(), Write(0, "aaaa"), SynchronousWrite(2, "b")});
  EXPECT_EQ(AfterLosingAll(), (DiskState{{"f", std::string("\0\0b", 3)}}));
  // The write that came first must not come over it.
  EXPECT_EQ(model_->After(model_->Everything()), (DiskState{{"f", "aaba"}}));
}

TEST_F(DiskModelTest, CallUnderWayPromisesNothing) {
  Do({Create("f"), SyncDirectory(), Write(0, "a")});
  model_->Begin(Sync());
  EXPECT_EQ(AfterLosingAll(), (DiskState{{"f", ""}}));
  model_->Begin(SynchronousWrite(1, "b"));
  EXPECT_EQ(AfterLosingAll(), (DiskState{{"f", ""}}));
}

TEST_F(DiskModelTest, NameIsDurableBySyncOfItsDirectoryOnly) {
  Do({Create("f"), Write(0, "a"), Sync()});
  EXPECT_EQ(AfterLosingAll(), DiskState{});
  model_->Begin(SyncDirectory("elsewhere"));
  (void)model_->Finish(SyncDirectory("elsewhere"));
  EXPECT_EQ(AfterLosingAll(), DiskState{});
  model_->Begin(SyncDirectory());
  (void)model_->Finish(SyncDirectory());
  EXPECT_EQ(AfterLosingAll(), (DiskState{{"f", "a"}}));
}

TEST_F(DiskModelTest, FileIsLostWithTheNameOfItsDirectory) {
  Do({{.kind = IoKind::kMakeDirectory, .path = "d"}, Create("d/f"), SyncDirectory("d")});
  EXPECT_EQ(AfterLosingAll(), DiskState{});
  EXPECT_EQ(model_->After(model_->Everything()), (DiskState{{"d/f", ""}}));
}

TEST_F(DiskModelTest, RenameIsDoneWholeOrNotAtAll) {
  Do({Create("old"),
      SyncDirectory(),
      Write(0, "a"),
      Sync(),
      {.kind = IoKind::kRename, .path = "old", .target = "new"}});
  EXPECT_EQ(AfterLosingAll(), (DiskState{{"old", "a"}}));
  EXPECT_EQ(model_->After(model_->Everything()), (DiskState{{"new", "a"}}));
}

TEST_F(DiskModelTest, SubsetOfTheWritesMaySurviveWithZerosBetween) {
  Do({Create("f"), SyncDirectory(), Write(0, "a"), Write(1, "b"), Write(2, "c")});
  EXPECT_EQ(model_->After({.writes = {false, false, true}}),
            (DiskState{{"f", std::string("\0\0c", 3)}}));
  EXPECT_EQ(model_->After({.writes = {true, false, false}}), (DiskState{{"f", "a"}}));
}

TEST_F(DiskModelTest, TornWriteReachesTheDiskInWholeSectors) {
  // From the middle of one sector to the middle of the third after it.
  Do({Create("f"), SyncDirectory(), Write(0, std::string(2'048, '-')), Sync(),
      Write(256, std::string(1'536, 'x'))});
  std::set<std::string> seen;
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const std::string content =
        model_->After({.writes = {true}, .torn_write = 0, .tear_seed = seed}).at("f");
    for (std::size_t sector = 0; sector < 2'048; sector += 512) {
      const std::size_t begin = std::max<std::size_t>(sector, 256);
      const std::size_t end = std::min<std::size_t>(sector + 512, 1'792);
      const std::string part = content.substr(begin, end - begin);
      EXPECT_EQ(part.find_first_not_of(part.front()), std::string::npos);
    }
    seen.insert(content);
  }
  EXPECT_EQ(seen.size(), 16U);  // every subset of four sectors
}

TEST_F(DiskModelTest, WhatAFailedSyncLeftIsNotMadeGoodByALaterOne) {
  Do({Create("f"),
      SyncDirectory(),
      Write(0, "aaaa"),
      {.kind = IoKind::kSyncFault, .file = kFile},
      Write(2, "b"),
      Sync()});
  EXPECT_EQ(AfterLosingAll(), (DiskState{{"f", std::string("\0\0b", 3)}}));
  EXPECT_EQ(model_->After(model_->Everything()), (DiskState{{"f", "aaba"}}));
}

TEST_F(DiskModelTest, TruncationIsPendingLikeAWrite) {
  Do({Create("f"),
      SyncDirectory(),
      Write(0, "abc"),
      Sync(),
      {.kind = IoKind::kTruncate, .file = kFile, .offset = 1}});
  EXPECT_EQ(AfterLosingAll(), (DiskState{{"f", "abc"}}));
  EXPECT_EQ(model_->After(model_->Everything()), (DiskState{{"f", "a"}}));
}

TEST_F(DiskModelTest, PromisesLeftOutAreNotKept) {
  const std::vector<IoEvent> events = {Create("f"), Write(0, "a"), Sync(), SynchronousWrite(1, "b"),
                                       SyncDirectory()};
  Do(events, {.file_syncs = false});
  EXPECT_EQ(AfterLosingAll(), (DiskState{{"f", std::string("\0b", 2)}}));
  Do(events, {.synchronous_writes = false});
  EXPECT_EQ(AfterLosingAll(), (DiskState{{"f", "a"}}));
  Do(events, {.directory_syncs = false});
  EXPECT_EQ(AfterLosingAll(), DiskState{});
}

}  // namespace
}  // namespace products::crash
