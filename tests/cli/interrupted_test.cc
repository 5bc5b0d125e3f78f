// Ctrl-C while a command waits for its server, or for the program it runs: at once, with a line
// that says what was reached, and 130.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

struct Row {
  std::vector<std::string> arguments;
  std::string hangs_at;  // what the request begins with that gets no answer
  std::string out;       // what standard output begins with
  std::string err;       // a part of standard error
  std::string input = {};
};

TEST(Interrupted, EveryCommandEndsAtOnceAndSaysHowFarItCame) {
  const test::TempDir directory;
  const std::string sorted = directory.File("sorted.ndjson");
  test::WriteFile(sorted, kSampleJson);
  const std::string page = "GET /products?limit=";
  const Row rows[] = {
      {{"seed"}, "POST /products/batch", "seeded 0 of 1000 products in ", "to go on: "},
      {{"seed", "--mode", "each", "--concurrency", "1"},
       "POST /products/3/",
       "seeded 2 of 1000 products in ",
       "to go on: productctl seed "},
      {{"seed", "--count", "6", "--verify"},
       "GET /products",
       "seeded 6 of 6 products in ",
       "everything was sent, but not all of it verified\n"},
      {{"import", sorted}, "POST /products/batch", "imported 0 products in ", ""},
      {{"import", sorted, "--mode", "each"}, "POST /products/1/", "imported 0 products in ", ""},
      {{"export", directory.File("out.ndjson")},
       "GET /products",
       "",
       "interrupted; no file was written\n"},
      {{"diff", sorted},
       "GET /products",
       "",
       "interrupted: 0 products of the server were compared\n"},
      {{"list", "--all"}, page, "", " --after 0 --all\n"},
      {{"get", "1", "2", "3"}, "GET /products/2 ", "", "interrupted: "},
      {{"delete", "--from", "-"}, "DELETE /products/2 ", "deleted ", "", "1\n2\n3\n"},
      {{"delete", "1", "2"}, "DELETE /products/2 ", "deleted ", ""},
      {{"health", "--wait", "20s"},
       "GET /readyz",
       "",
       "interrupted: the server was not ready yet\n"},
      {{"backup"}, "POST /admin/backup", "", "the server goes on with the backup"},
      {{"top"}, "GET /metrics", "", ""},
      {{"get", "1"}, "GET /products/1 ", "", ""},
      {{"put", "-f", "-"}, "POST /products/1/", "", "", kSampleJson},
      {{"status"}, "GET /metrics", "", ""},
      {{"version"}, "GET /version", "", ""},
  };
  for (const Row& row : rows) {
    std::atomic<bool> is_reached{false};
    const ScriptedServer server([&](const std::string& request) {
      // Whether a server has batches is asked with an empty one.
      const bool is_question =
          Asks(request, "POST /products/batch") && request.ends_with("\r\n\r\n");
      if (is_question || !request.starts_with(row.hangs_at)) return FakeCatalog(request);
      is_reached = true;
      return Reply{"", Reply::Then::kHang};
    });
    std::vector<std::string> arguments = row.arguments;
    arguments.insert(arguments.end(), {"--endpoint", server.endpoint(), "--timeout", "1h"});
    ChildProcess process(PRODUCTCTL_BINARY, arguments, {.input = row.input});
    while (!is_reached) std::this_thread::yield();
    process.Signal(SIGINT);
    const RunResult result = process.Wait();
    const std::string shown = testing::PrintToString(row.arguments);
    EXPECT_EQ(result.exit_code, 130) << shown << result.err;
    EXPECT_TRUE(result.out.starts_with(row.out)) << shown << result.out;
    EXPECT_NE(result.err.find(row.err), std::string::npos) << shown << result.err;
  }
}

TEST(Interrupted, ImportEndsWhileItAsksWhetherThereAreBatches) {
  const test::TempDir directory;
  const std::string path = directory.File("a.ndjson");
  test::WriteFile(path, kSampleJson);
  std::atomic<bool> is_reached{false};
  const ScriptedServer server([&](const std::string&) {
    is_reached = true;
    return Reply{"", Reply::Then::kHang};
  });
  ChildProcess process(PRODUCTCTL_BINARY,
                       {"import", path, "--endpoint", server.endpoint(), "--timeout", "1h"});
  while (!is_reached) std::this_thread::yield();
  process.Signal(SIGTERM);
  const RunResult result = process.Wait();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_EQ(result.err, "interrupted; nothing was sent\n");
}

// The hexadecimal mask of blocked signals, once SIGTERM is among them.
void WaitUntilSignalsAreWatched(pid_t pid) {
  const std::string file = "/proc/" + std::to_string(pid) + "/status";
  while (true) {
    const std::string status = test::ReadFile(file);
    const std::size_t at = status.find("SigBlk:\t");
    if (at == std::string::npos) return;
    const unsigned long long blocked = std::strtoull(status.c_str() + at + 8, nullptr, 16);
    if ((blocked & (1ULL << (SIGTERM - 1))) != 0) return;
  }
}

TEST(Interrupted, WhoWaitsWhereNoSignalReachesEndsSoonAfter) {
  const ScriptedServer server(FakeCatalog);
  const test::TempDir directory;
  const std::string pipe = directory.File("pipe.ndjson");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::vector<std::string> commands[] = {{"import", pipe}, {"diff", pipe}, {"export", pipe}};
  for (std::vector<std::string> command : commands) {
    command.insert(command.end(), {"--endpoint", server.endpoint()});
    ChildProcess process(PRODUCTCTL_BINARY, command);
    WaitUntilSignalsAreWatched(process.pid());
    process.Signal(SIGTERM);
    EXPECT_EQ(process.Wait().exit_code, 130) << command[0];
  }
}

}  // namespace
}  // namespace products::cli
