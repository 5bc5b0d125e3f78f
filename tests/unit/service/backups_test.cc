#include "server/service/backups.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <latch>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_dir.h"
#include "tests/unit/storage/lmdb_files.h"
#include "tests/unit/storage/manual_clock.h"

namespace products {
namespace {

using std::chrono::seconds;

// What a backup came to, once it has.
class Outcome {
 public:
  Backups::Done Keep() {
    return [this](const Result<FinishedBackup>& outcome) {
      outcome_.emplace(outcome);
      done_.count_down();
    };
  }
  const Result<FinishedBackup>& Wait() {
    done_.wait();
    return *outcome_;
  }

 private:
  std::latch done_{1};
  std::optional<Result<FinishedBackup>> outcome_;
};

class BackupsTest : public testing::Test {
 protected:
  BackupsTest() { test::Store(*engine_, products_, {{1, "one"}, {2, "two"}}); }

  const test::TempDir directory_;
  test::ManualClock clock_;
  test::Products products_;
  const std::unique_ptr<Engine> engine_ = test::OpenLmdb(directory_.File("data"));
};

TEST_F(BackupsTest, AreFilesNamedByTheirTime) {
  Backups backups(*engine_, directory_.File("backups"), seconds(60), clock_);
  Outcome outcome;
  ASSERT_TRUE(backups.Start(outcome.Keep()).ok());
  const Result<FinishedBackup>& finished = outcome.Wait();
  ASSERT_TRUE(finished.ok()) << finished.error().message;
  EXPECT_EQ(finished->file, directory_.File("backups/products-19941106T084937.000Z.mdb"));
  EXPECT_EQ(finished->report.products, 2U);
  EXPECT_EQ(::access(finished->file.c_str(), R_OK), 0);
  const Backups::Figures figures = backups.figures();
  EXPECT_FALSE(figures.running);
  EXPECT_EQ(figures.failures, 0U);
  EXPECT_EQ(figures.last_success_unix_seconds, 784'111'777.0);
  EXPECT_EQ(figures.last_file_bytes, finished->report.file_bytes);
}

TEST_F(BackupsTest, AreOffWithoutADirectory) {
  Backups backups(*engine_, "", seconds(60), clock_);
  const Status refused = backups.Start([](const auto&) { FAIL(); });
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(BackupsTest, OverTheirTimeAreGivenUpAndCounted) {
  Backups backups(*engine_, directory_.File("backups"), seconds(0), clock_);
  Outcome outcome;
  ASSERT_TRUE(backups.Start(outcome.Keep()).ok());
  EXPECT_EQ(outcome.Wait().error().code, ErrorCode::kTimeout);
  EXPECT_EQ(backups.figures().failures, 1U);
  EXPECT_EQ(backups.figures().last_success_unix_seconds, 0.0);
}

TEST_F(BackupsTest, RunOneAtATime) {
  Backups backups(*engine_, directory_.File("backups"), seconds(60), clock_);
  std::latch told(1);
  std::latch goes_on(1);
  // While `done` runs the thread is taken, so a second one waits and a third is too many.
  ASSERT_TRUE(backups
                  .Start([&](const auto&) {
                    told.count_down();
                    goes_on.wait();
                  })
                  .ok());
  told.wait();
  clock_.Advance(seconds(1));
  Outcome second;
  ASSERT_TRUE(backups.Start(second.Keep()).ok());
  const Status third = backups.Start([](const auto&) { FAIL(); });
  EXPECT_EQ(third.error().code, ErrorCode::kOverloaded);
  EXPECT_TRUE(backups.figures().running);
  goes_on.count_down();
  EXPECT_TRUE(second.Wait().ok());
}

TEST_F(BackupsTest, ThatCannotBeWrittenSayWhere) {
  Backups backups(*engine_, "/nonexistent/backups", seconds(60), clock_);
  Outcome outcome;
  ASSERT_TRUE(backups.Start(outcome.Keep()).ok());
  EXPECT_EQ(outcome.Wait().error().message, "cannot make directory /nonexistent/backups");
}

}  // namespace
}  // namespace products
