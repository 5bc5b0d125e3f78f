// Which of the sources of a setting counts, and what SIGHUP makes of a changed file.

#include <functional>
#include <memory>

#include "tests/functional/productd_fixture.h"
#include "tests/support/child_process.h"
#include "tests/support/metric_reader.h"

namespace products::test {
namespace {

TEST(Settings, FlagsBeatTheEnvironmentAndThatTheFile) {
  const TempDir directory;
  WriteFile(directory.File("c.yaml"), "workers: 1\nhttp: {backlog: 1, max_connections: 1}\n");
  const RunOptions options{.environment = {{"PRODUCTD_CONFIG", directory.File("c.yaml")},
                                           {"PRODUCTD_HTTP_BACKLOG", "2"},
                                           {"PRODUCTD_HTTP_MAX_CONNECTIONS", "2"}}};
  const RunResult run =
      RunToEnd(PRODUCTD_BINARY, {"--print-config", "--http-max-connections", "3"}, options);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  for (const std::string line : {"workers: 1\n", " backlog: 2\n", " max_connections: 3\n"}) {
    EXPECT_NE(run.out.find(line), std::string::npos) << line << run.out;
  }
}

bool Becomes(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

class Reload : public ::testing::Test {
 protected:
  Reload() {
    WriteFile(file_, "http:\n  max_body_bytes: 300\n");
    server_ = std::make_unique<ServerProcess>(
        PRODUCTD_BINARY, ServerProcess::ProductdArguments({"--config", file_}));
  }

  void Load(const std::string& text) {
    WriteFile(file_, text);
    server_->Signal(SIGHUP);
  }
  int StatusOfABodyOf(std::size_t size) {
    const std::string request = PostText("/products/1/details", std::string(size, ' '));
    return Exchange(server_->address(), request).status;
  }

  const TempDir directory_;
  const std::string file_ = directory_.File("c.yaml");
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(Reload, OfAWrongFileChangesNothingAndServesOn) {
  const std::string log_before = server_->Log();
  Load("http:\n  max_body_bytes: 100\n  lisen: x\n");
  // What was refused is said in the log; no request is.
  EXPECT_TRUE(Becomes([&] { return server_->Log() != log_before; }));
  // Read behind it: when this one holds on both workers, the wrong one would.
  Load("http:\n  max_body_bytes: 299\n");
  int refused_in_a_row = 0;
  EXPECT_TRUE(Becomes([&] {
    EXPECT_EQ(StatusOfABodyOf(200), 400);
    refused_in_a_row = StatusOfABodyOf(300) == 413 ? refused_in_a_row + 1 : 0;
    return refused_in_a_row == 4;
  }));
  EXPECT_EQ(server_->Stop(), 0);
}

TEST_F(Reload, IsSeenInTheMetricsOfLimits) {
  const auto metric = [this](const char* name) { return ReadMetric(server_->address(), name); };
  EXPECT_EQ(metric("productd_max_connections"), 16384) << "the default";
  EXPECT_EQ(metric("productd_max_commit_queue_depth"), 16384) << "the default";
  EXPECT_GT(metric("productd_max_table_bytes"), 0);
  EXPECT_EQ(metric("productd_ready"), 1);
  Load("http:\n  max_connections: 77\n");
  EXPECT_TRUE(MetricBecomes(server_->address(), "productd_max_connections", 77));
}

TEST_F(Reload, TakesTheLogLevelForWhatIsLoggedFromThenOn) {
  Load("http:\n  max_body_bytes: 100\nlog:\n  level: error\n");
  EXPECT_TRUE(Becomes([this] { return StatusOfABodyOf(200) == 413; }));
  const std::string log = server_->Log();
  EXPECT_FALSE(log.empty());
  EXPECT_EQ(server_->Stop(), 0);
  EXPECT_EQ(server_->Log(), log) << "the drain is no error";
}

}  // namespace
}  // namespace products::test
