// A start that cannot succeed says why in one line and exits with 2; nothing is left half-started.

#include <sched.h>
#include <unistd.h>

#include <algorithm>

#include "tests/functional/productd_fixture.h"
#include "tests/support/child_process.h"

namespace products::test {
namespace {

void ExpectRefusedBy(const std::string& program, const std::vector<std::string>& arguments,
                     const std::string& named) {
  RunOptions options;
  options.environment["PRODUCTD_STORAGE_ENGINE"] = "memory";
  const RunResult run = RunToEnd(program, arguments, options);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_NE(run.err.find(named), std::string::npos) << run.err;
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
}

void ExpectRefused(const std::vector<std::string>& arguments, const std::string& named) {
  ExpectRefusedBy(PRODUCTD_BINARY, arguments, named);
}

// Started by a shell that first runs `command`.
std::vector<std::string> Behind(const std::string& command,
                                const std::vector<std::string>& flags = {}) {
  std::vector<std::string> arguments{"-c", command + R"(exec "$0" "$@")", PRODUCTD_BINARY};
  for (const std::string& argument : ServerProcess::ProductdArguments(flags)) {
    arguments.push_back(argument);
  }
  return arguments;
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
  ExpectRefused({"--http-listen", "127.0.0.1:0", "--ready-file", "/nonexistent/ready"},
                "/nonexistent/ready");
  const TempDir directory;
  ExpectRefused({"--http-listen", "127.0.0.1:0", "--ready-file", directory.path()},
                directory.path());
  EXPECT_NE(::access((directory.path() + ".tmp").c_str(), F_OK), 0) << "nothing is left behind";
}

TEST(Startup, AReadyFileOfAnEarlierProcessIsNotTakenForThisOnes) {
  const TempDir directory;
  const std::string ready = directory.File("ready");
  WriteFile(ready, "127.0.0.1:1\n");
  const ServerProcess first(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  ExpectRefused({"--http-listen", first.address(), "--ready-file", ready}, first.address());
  EXPECT_EQ(ReadFile(ready), "");
}

// Pistache's own limit must not be found by its listener, which would blame the address.
TEST(Startup, TooManyWorkersAreRefusedByTheirFlag) {
  ExpectRefused({"--workers", "256"}, "--workers: must be a whole number from 0 to 255");
}

TEST(Startup, ADescriptorLimitThatConnectionsAndWorkersDoNotFitIsNamed) {
  ExpectRefusedBy("/bin/sh",
                  Behind("ulimit -n 1000; ", {"--workers", "64", "--http-max-connections", "300"}),
                  "http.max_connections");
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

TEST(Startup, OfEqualFlagsTheLastCounts) {
  const RunResult run =
      RunToEnd(PRODUCTD_BINARY, {"--workers", "1", "--print-config", "--workers", "2"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_TRUE(run.out.starts_with("workers: 2\n")) << run.out;
}

TEST(Startup, CheckConfigSaysWhatItIgnores) {
  RunOptions options;
  options.environment["PRODUCTD_FLAVOUR"] = "1";
  const RunResult run = RunToEnd(PRODUCTD_BINARY, {"--check-config"}, options);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_NE(run.err.find("PRODUCTD_FLAVOUR"), std::string::npos) << run.err;
}

// The number of a closed standard error must not be given to a socket, which would get the log.
TEST(Startup, AClosedStandardErrorIsReplaced) {
  const ServerProcess server("/bin/sh", Behind("exec 2>&-; "));
  char target[64] = {};
  const std::string link = "/proc/" + std::to_string(server.pid()) + "/fd/2";
  ASSERT_GT(::readlink(link.c_str(), target, sizeof target - 1), 0);
  EXPECT_EQ(std::string(target), "/dev/null");
}

TEST(Startup, ByDefaultThereIsAWorkerForEachCpuItIsBoundTo) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);  // the server inherits it
  const ServerProcess bound(PRODUCTD_BINARY, ServerProcess::ProductdArguments({"--workers", "0"}));
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
  const ServerProcess single(PRODUCTD_BINARY, ServerProcess::ProductdArguments({"--workers", "1"}));
  EXPECT_EQ(ReadMetric(bound.address(), "process_threads"),
            ReadMetric(single.address(), "process_threads"));
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

TEST(Startup, SighupRefusesMoreConnectionsThanThereAreDescriptors) {
  const TempDir directory;
  const std::string file = directory.File("c.yaml");
  WriteFile(file, "http:\n  max_connections: 100\n");
  ServerProcess server("/bin/sh", Behind("ulimit -n 1000; ", {"--config", file}));
  WriteFile(file, "http:\n  max_connections: 5000\n  max_body_bytes: 100\n");
  server.Signal(SIGHUP);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (server.Log().find("http.max_connections") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << server.Log();
  }
  const std::string body(200, ' ');
  EXPECT_EQ(Exchange(server.address(), PostText("/products/1/details", body)).status, 400)
      << "refused whole: the body's limit is the old one, too";
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
