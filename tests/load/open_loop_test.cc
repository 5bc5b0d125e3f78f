// The load generator of loadtest/open_loop against a productd: its figures are what happened.

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "loadtest/open_loop/http_load.h"
#include "loadtest/open_loop/product_body.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace products::load {
namespace {

using open_loop::LoadOptions;
using open_loop::LoadReport;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ServerProcess;

constexpr std::uint32_t kProducts = 100;

class OpenLoop : public testing::Test {
 protected:
  void SetUp() override {
    const std::string file = directory_.File("products.ndjson");
    ASSERT_TRUE(open_loop::WriteCatalogue(file, kProducts).ok());
    server_.emplace(PRODUCTD_BINARY, ServerProcess::ProductdArguments({"--storage-engine", "memory",
                                                                       "--storage-preload", file}));
    options_.port = static_cast<std::uint16_t>(
        std::stoi(server_->address().substr(server_->address().rfind(':') + 1)));
    options_.schedule.products = kProducts;
    options_.duration = milliseconds(500);
    options_.patience = seconds(20);
  }

  LoadReport Run() {
    const Result<LoadReport> report = open_loop::RunLoad(options_);
    if (report.ok()) return *report;
    ADD_FAILURE() << report.error().message << ": " << report.error().detail;
    return {};
  }

  test::TempDir directory_;
  std::optional<ServerProcess> server_;
  LoadOptions options_;
};

TEST_F(OpenLoop, CountsWhatWasDueAfterTheWarmUpByKind) {
  options_.schedule.arrivals = open_loop::Arrivals::kFixed;
  options_.schedule.post_share = 0.5;
  options_.warm_up = milliseconds(100);
  const LoadReport report = Run();
  EXPECT_EQ(report.get.scheduled + report.post.scheduled, 500U);
  EXPECT_GT(report.get.scheduled, 0U);
  EXPECT_GT(report.post.scheduled, 0U);
  EXPECT_EQ(report.get.latencies.count(), report.get.scheduled);
  EXPECT_EQ(report.post.latencies.count(), report.post.scheduled);
}

TEST_F(OpenLoop, AnAnswerOfAnotherStatusIsAnError) {
  options_.schedule.products = 2 * kProducts;  // half of them are not there
  const LoadReport report = Run();
  EXPECT_GT(report.get.errors, 0U);
  EXPECT_GT(report.get.latencies.count(), 0U);
  EXPECT_EQ(report.get.unanswered(), 0U);
}

TEST_F(OpenLoop, WhatIsDueWhileTheServerStandsStillCountsAsLate) {
  options_.connections = 1;
  server_->Suspend();
  std::thread goes_on([this] {
    std::this_thread::sleep_for(milliseconds(300));
    server_->Signal(SIGCONT);
  });
  const LoadReport report = Run();
  goes_on.join();
  EXPECT_EQ(report.get.unanswered(), 0U);
  // Who is due in the first fifth of the run waits for two fifths of it, though one alone was sent.
  EXPECT_GE(report.get.latencies.Summarize().p90, milliseconds(200));
  EXPECT_GT(report.waited, report.get.scheduled / 5);
}

TEST_F(OpenLoop, WhatIsNeverAnsweredIsSaidToBe) {
  options_.connections = 4;
  options_.patience = milliseconds(100);
  server_->Suspend();
  const LoadReport report = Run();
  server_->Signal(SIGCONT);
  EXPECT_GT(report.get.scheduled, 4U);
  EXPECT_EQ(report.get.unanswered(), report.get.scheduled);
  EXPECT_GE(report.behind, milliseconds(400));
}

TEST_F(OpenLoop, AServerThatIsGoneIsAnError) {
  server_->Stop();
  const Result<LoadReport> report = open_loop::RunLoad(options_);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace products::load
