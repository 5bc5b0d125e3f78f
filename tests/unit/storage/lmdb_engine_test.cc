#include "server/storage/lmdb_engine.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/temp_dir.h"
#include "tests/unit/storage/lmdb_files.h"

namespace products {
namespace {

using test::Products;
using test::TempDir;

constexpr std::uint64_t kRoomy = std::uint64_t{1} << 30;

TEST(LmdbEngine, ANewDirectoryIsAnEmptyCatalogue) {
  const TempDir directory;
  const std::string data = directory.File("data");
  auto engine = test::OpenLmdb(data);
  EXPECT_EQ(engine->name(), "lmdb");
  EXPECT_EQ(engine->size(), 0U);
  EXPECT_EQ(test::LoadAll(*engine), Products());
  EXPECT_GT(engine->figures().stored_bytes, 0U);
  EXPECT_EQ(engine->figures().max_stored_bytes, kRoomy);
}

TEST(LmdbEngine, WhatWasCommittedIsThereAfterReopen) {
  const TempDir directory;
  Products expected;
  {
    auto engine = test::OpenLmdb(directory.path());
    test::Store(*engine, expected, {{1, "one"}, {7, "seven"}, {kMaxProductId, "last"}});
    test::Store(*engine, expected, {{2, "two"}, {7, "another seven"}, {9, "nine"}});
    test::Remove(*engine, expected, {1, 3, kMaxProductId});
    EXPECT_EQ(test::LoadAll(*engine), expected);
  }
  auto engine = test::OpenLmdb(directory.path());
  EXPECT_EQ(engine->size(), 3U);
  EXPECT_EQ(test::LoadAll(*engine), expected);
  EXPECT_EQ(expected, (Products{{2, "two"}, {7, "another seven"}, {9, "nine"}}));
}

TEST(LmdbEngine, RandomBatchesLeaveWhatAMapHolds) {
  const TempDir directory;
  Products expected;
  test::Random random(1);
  for (int session = 0; session < 5; ++session) {
    auto engine = test::OpenLmdb(directory.path());
    EXPECT_EQ(test::LoadAll(*engine), expected);
    for (int commit = 0; commit < 40; ++commit) test::CommitRandomBatch(*engine, expected, random);
    EXPECT_EQ(test::LoadAll(*engine), expected);
  }
}

TEST(LmdbEngine, ValuesLongerThanAPageAreKeptWhole) {
  const TempDir directory;
  Products expected;
  auto engine = test::OpenLmdb(directory.path());
  test::Store(
      *engine, expected,
      {{1, std::string(1, 'a')}, {2, std::string(5000, 'b')}, {3, std::string(60'000, 'c')}});
  EXPECT_EQ(test::LoadAll(*engine), expected);
}

TEST(LmdbEngine, ADirectoryInUseIsRefusedWithThePidOfItsUser) {
  const TempDir directory;
  const auto first = test::OpenLmdb(directory.path());
  const auto second = OpenLmdbEngine({directory.path(), kRoomy});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(second.error().message,
            directory.path() + " is in use by process " + std::to_string(::getpid()));
  EXPECT_EQ(VerifyLmdb(directory.path(), test::kGoOn).error().code, ErrorCode::kUnavailable);
}

TEST(LmdbEngine, ADirectoryThatCannotBeMadeIsNamed) {
  const auto engine = OpenLmdbEngine({"/nonexistent/data", kRoomy});
  ASSERT_FALSE(engine.ok());
  EXPECT_NE(engine.error().message.find("/nonexistent/data"), std::string::npos);
}

TEST(LmdbEngine, AFullMapStoresNothingAndTakesTheNextBatchThatFits) {
  const TempDir directory;
  Products expected;
  auto opened = OpenLmdbEngine({directory.path(), 64 * 4096});
  ASSERT_TRUE(opened.ok());
  Engine& engine = **opened;
  test::Store(engine, expected, {{1, "one"}});
  std::vector<Change> large;
  for (ProductId id = 2; id < 2000; ++id) {
    large.push_back({id, ProductRecord::Make(id, std::string(1000, 'x'))});
  }
  const Status full = engine.Commit(large).status();
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(test::LoadAll(engine), expected);
  test::Store(engine, expected, {{2, "two"}});
  EXPECT_EQ(test::LoadAll(engine), expected);
}

TEST(LmdbEngine, FillStoresAllRunsOrNothing) {
  const TempDir directory;
  auto engine = test::OpenLmdb(directory.path());
  int runs = 0;
  const Status failed = engine->Fill([&runs]() -> Result<std::vector<Change>> {
    if (++runs == 3) return InvalidArgument("line 3");
    std::vector<Change> run;
    run.push_back({runs, ProductRecord::Make(runs, "x")});
    return run;
  });
  EXPECT_EQ(failed.error().message, "line 3");
  EXPECT_EQ(engine->size(), 0U);
  EXPECT_EQ(test::LoadAll(*engine), Products());

  runs = 0;
  const Status filled = engine->Fill([&runs]() -> Result<std::vector<Change>> {
    std::vector<Change> run;
    if (++runs > 3) return run;
    // Not in order, and the same id in one run and over all.
    for (const ProductId id : {5, runs, 5, 100}) {
      run.push_back({id, ProductRecord::Make(id, std::to_string(runs))});
    }
    return run;
  });
  EXPECT_TRUE(filled.ok());
  EXPECT_EQ(engine->size(), 5U);
  Products expected{{1, "1"}, {2, "2"}, {3, "3"}, {5, "3"}, {100, "3"}};
  EXPECT_EQ(test::LoadAll(*engine), expected);
  test::Store(*engine, expected, {{4, "four"}});
  engine.reset();
  EXPECT_EQ(test::LoadAll(*test::OpenLmdb(directory.path())), expected);
}

TEST(LmdbEngine, TheSinkEndsALoad) {
  const TempDir directory;
  Products expected;
  auto engine = test::OpenLmdb(directory.path());
  test::Store(*engine, expected, {{1, "one"}, {2, "two"}, {3, "three"}});
  int seen = 0;
  const Status ended = engine->Load([&seen](ProductRecordPtr) { return ++seen < 2; });
  EXPECT_EQ(ended.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(seen, 2);
}

TEST(LmdbBackup, HoldsTheMomentAndIsRestoredAsItWas) {
  const TempDir directory;
  Products expected;
  test::Random random(2);
  auto engine = test::OpenLmdb(directory.File("data"));
  for (int commit = 0; commit < 30; ++commit) test::CommitRandomBatch(*engine, expected, random);
  const std::string file = directory.File("backup.mdb");
  const Result<BackupReport> backup = engine->Backup(file, test::kGoOn);
  ASSERT_TRUE(backup.ok()) << backup.error().message;
  EXPECT_EQ(backup->products, expected.size());
  struct stat written {};
  ASSERT_EQ(::stat(file.c_str(), &written), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(written.st_size), backup->file_bytes);
  Products later = expected;
  test::CommitRandomBatch(*engine, later, random);

  const std::string restored = directory.File("restored");
  const Result<BackupReport> restore = RestoreLmdb(file, restored, test::kGoOn);
  ASSERT_TRUE(restore.ok()) << restore.error().message;
  EXPECT_EQ(restore->products, expected.size());
  EXPECT_EQ(test::LoadAll(*test::OpenLmdb(restored)), expected);
  EXPECT_EQ(test::LoadAll(*engine), later);

  const Result<BackupReport> again = engine->Backup(file, test::kGoOn);
  EXPECT_EQ(again.error().code, ErrorCode::kInvalidArgument) << "a backup is never overwritten";
}

TEST(LmdbBackup, IsOfOneMomentWhateverIsCommittedMeanwhile) {
  const TempDir directory;
  Products expected;
  const auto engine = test::OpenLmdb(directory.File("data"));
  Products many;
  for (ProductId id = 1; id <= 25'000; ++id) many[id] = "before " + std::to_string(id);
  test::Store(*engine, expected, many);
  const Products moment = expected;

  // In the middle of the copy, on the writer's behalf: new, changed and removed products, before
  // and behind where the copy is, and more of them than may pass before the map is renewed.
  int commits = 0;
  const Result<BackupReport> backup =
      engine->Backup(directory.File("backup.mdb"), [&](std::size_t products) {
        if (products >= moment.size()) return true;
        std::thread writer([&] {
          Products changed;
          for (ProductId id = 1; id <= 30'000; id += 3) {
            changed[id] = "after " + std::to_string(products);
          }
          test::Store(*engine, expected, changed);
          test::Remove(*engine, expected, {2, 12'000, 24'998});
          commits += 2;
        });
        writer.join();
        return true;
      });
  ASSERT_TRUE(backup.ok()) << backup.error().message;
  EXPECT_GE(commits, 4);
  EXPECT_EQ(backup->products, moment.size());
  ASSERT_TRUE(RestoreLmdb(directory.File("backup.mdb"), directory.File("b"), test::kGoOn).ok());
  EXPECT_TRUE(test::LoadAll(*test::OpenLmdb(directory.File("b"))) == moment);
  EXPECT_TRUE(test::LoadAll(*engine) == expected);
}

TEST(LmdbBackup, OfAnEmptyCatalogueIsRestoredToo) {
  const TempDir directory;
  const auto engine = test::OpenLmdb(directory.File("data"));
  ASSERT_TRUE(engine->Backup(directory.File("backup.mdb"), test::kGoOn).ok());
  ASSERT_TRUE(RestoreLmdb(directory.File("backup.mdb"), directory.File("b"), test::kGoOn).ok());
  EXPECT_EQ(test::LoadAll(*test::OpenLmdb(directory.File("b"))), Products());
}

TEST(LmdbBackup, ThatIsEndedLeavesNothing) {
  const TempDir directory;
  Products expected;
  const auto engine = test::OpenLmdb(directory.File("data"));
  test::Store(*engine, expected, {{1, "one"}});
  const auto ended =
      engine->Backup(directory.File("backup.mdb"), [](std::size_t) { return false; });
  EXPECT_EQ(ended.error().code, ErrorCode::kTimeout);
  EXPECT_NE(::access(directory.File("backup.mdb").c_str(), F_OK), 0);
  EXPECT_NE(::access(directory.File("backup.mdb.partial").c_str(), F_OK), 0);
}

TEST(LmdbRestore, RefusesADirectoryThatHoldsAnything) {
  const TempDir directory;
  Products expected;
  {
    const auto engine = test::OpenLmdb(directory.File("data"));
    test::Store(*engine, expected, {{1, "one"}});
    ASSERT_TRUE(engine->Backup(directory.File("backup.mdb"), test::kGoOn).ok());
  }
  const auto refused =
      RestoreLmdb(directory.File("backup.mdb"), directory.File("data"), test::kGoOn);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::LoadAll(*test::OpenLmdb(directory.File("data"))), expected);

  const TempDir volume;
  ASSERT_EQ(::mkdir(volume.File("lost+found").c_str(), 0700), 0);
  EXPECT_TRUE(RestoreLmdb(directory.File("backup.mdb"), volume.path(), test::kGoOn).ok())
      << "what mkfs has put there is nothing";
}

TEST(LmdbRestore, OfADamagedBackupLeavesNoDirectory) {
  const TempDir directory;
  Products expected;
  {
    const auto engine = test::OpenLmdb(directory.File("data"));
    test::Store(*engine, expected, {{1, "a product"}});
    ASSERT_TRUE(engine->Backup(directory.File("backup.mdb"), test::kGoOn).ok());
  }
  std::string bytes = test::ReadFile(directory.File("backup.mdb"));
  bytes.at(bytes.find("a product")) = 'A';
  test::WriteFile(directory.File("backup.mdb"), bytes);
  const auto refused = RestoreLmdb(directory.File("backup.mdb"), directory.File("b"), test::kGoOn);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(::access(directory.File("b").c_str(), F_OK), 0);
  EXPECT_EQ(RestoreLmdb(directory.File("none"), directory.File("b"), test::kGoOn).error().code,
            ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace products
