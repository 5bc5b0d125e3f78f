// A start that cannot succeed says why in one line and exits with 2; nothing is left half-started.

#include <poll.h>

#include <algorithm>

#include "tests/functional/productd_fixture.h"
#include "tests/support/child_process.h"

namespace products::test {
namespace {

void ExpectRefused(const std::vector<std::string>& arguments, const std::string& named) {
  const RunResult run = RunToEnd(PRODUCTD_BINARY, arguments);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_NE(run.err.find(named), std::string::npos) << run.err;
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
}

TEST(Startup, APortInUseIsNamed) {
  const ServerProcess first(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  ExpectRefused({"--http-listen", first.address()}, first.address());
}

TEST(Startup, AManagementPortInUseIsNamed) {
  const ServerProcess first(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  ExpectRefused({"--http-listen", "127.0.0.1:0", "--management-listen", first.address()},
                first.address());
}

TEST(Startup, AnUnknownKeyIsNamedWithFileAndLine) {
  const TempDir directory;
  WriteFile(directory.File("c.yaml"), "workers: 2\nhttp:\n  lisen: 127.0.0.1:0\n");
  ExpectRefused({"--config", directory.File("c.yaml")}, "c.yaml:3: \"http.lisen\": unknown key");
}

TEST(Startup, AMissingFileIsNamed) {
  ExpectRefused({"--config", "/nonexistent/c.yaml"}, "/nonexistent/c.yaml");
}

TEST(Startup, AMistypedFlagIsNamedWithASuggestion) {
  ExpectRefused({"--http-lisen", "127.0.0.1:0"}, "--http-listen");
}

TEST(Startup, AWrongValueIsNamedWithItsFlag) {
  ExpectRefused({"--workers", "many"}, "--workers");
  ExpectRefused({"--storage-engine", "paper"}, "memory");
}

TEST(Startup, AnUnwritableReadyFileIsNamed) {
  ExpectRefused({"--http-listen", "127.0.0.1:0", "--ready-file", "/nonexistent/ready",
                 "--log-level", "error"},
                "/nonexistent/ready");
}

TEST(Startup, CheckConfigAcceptsTheDefaults) {
  EXPECT_EQ(RunToEnd(PRODUCTD_BINARY, {"--check-config"}).exit_code, 0);
}

TEST(Startup, PrintConfigIsReadBackToTheSame) {
  const TempDir directory;
  const RunResult first = RunToEnd(PRODUCTD_BINARY, {"--print-config", "--workers", "3"});
  EXPECT_EQ(first.exit_code, 0);
  WriteFile(directory.File("c.yaml"), first.out);
  const RunResult second =
      RunToEnd(PRODUCTD_BINARY, {"--print-config", "--config", directory.File("c.yaml")});
  EXPECT_EQ(second.out, first.out);
  EXPECT_NE(first.out.find("workers: 3"), std::string::npos);
}

TEST(Startup, VersionIsOneLine) {
  const RunResult run = RunToEnd(PRODUCTD_BINARY, {"--version"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out.rfind("productd ", 0), 0U);
}

TEST(Startup, SighupReloadsLimitsAndNamesWhatNeedsARestart) {
  const TempDir directory;
  const std::string file = directory.File("c.yaml");
  WriteFile(file, "http:\n  max_body_bytes: 65536\n");
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments({"--config", file}));
  WriteFile(file, "http:\n  max_body_bytes: 100\n  backlog: 77\n");
  server.Signal(SIGHUP);
  const std::string body(200, ' ');
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  int status = 0;
  while (status != 413 && std::chrono::steady_clock::now() < deadline) {
    status = Exchange(server.address(), PostText("/products/1/details", body)).status;
  }
  EXPECT_EQ(status, 413);
}

TEST(Startup, SighupIsRefusedForMoreConnectionsThanTheProcessMayHaveDescriptors) {
  const TempDir directory;
  const std::string file = directory.File("c.yaml");
  WriteFile(file, "http:\n  max_connections: 10\n");
  std::vector<std::string> arguments = {"--nofile=300", PRODUCTD_BINARY};
  for (std::string& argument : ServerProcess::ProductdArguments({"--config", file})) {
    arguments.push_back(std::move(argument));
  }
  ServerProcess server("/usr/bin/prlimit", arguments);
  WriteFile(file, "http:\n  max_connections: 1000\n");
  const std::string log_before = server.Log();
  server.Signal(SIGHUP);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (server.Log() == log_before && std::chrono::steady_clock::now() < deadline) {
    ::poll(nullptr, 0, 10);
  }
  // Workers would take new limits within a tick of 100 ms.
  EXPECT_TRUE(RawConnection(server.address()).StaysSilent(std::chrono::milliseconds(300)));
  // More than the descriptors suffice for: each is served, or told that it is one too many.
  std::vector<RawConnection> crowd;
  for (int i = 0; i < 400; ++i) {
    crowd.emplace_back(server.address());
    if (i < 10) crowd.back().Send(GetText("/health"));
    ASSERT_EQ(crowd.back().ReadResponse().status, i < 10 ? 200 : 503) << i;
  }
}

TEST(Startup, SighupShortensTheTimeOfConnectionsThatAreOpen) {
  const TempDir directory;
  const std::string file = directory.File("c.yaml");
  WriteFile(file, "http:\n  idle_timeout_ms: 3600000\n  header_timeout_ms: 3600000\n");
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments({"--config", file}));
  RawConnection idle(server.address());
  idle.Send(GetText("/health"));
  EXPECT_EQ(idle.ReadResponse().status, 200);
  RawConnection unfinished(server.address());
  unfinished.Send("GET /health");
  WriteFile(file, "http:\n  idle_timeout_ms: 100\n  header_timeout_ms: 100\n");
  server.Signal(SIGHUP);
  EXPECT_EQ(unfinished.ReadResponse().status, 408);
  EXPECT_TRUE(idle.EndsCleanly());
}

}  // namespace
}  // namespace products::test
