#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"

namespace products::cli {
namespace {

RunResult Seed(const ScriptedServer& server, std::vector<std::string> arguments,
               RunOptions options = {}) {
  // These tests are about requests one by one; others are about batches.
  arguments.insert(arguments.begin(), {"seed", "--mode", "each"});
  options.environment["PRODUCTCTL_ENDPOINT"] = server.endpoint();
  return RunProductctl(arguments, options);
}

TEST(Seed, PutsEveryProductOnceOverPersistentConnections) {
  std::mutex mutex;
  std::multiset<std::string> targets;
  const ScriptedServer server([&](const std::string& request) {
    const std::lock_guard lock(mutex);
    targets.insert(request.substr(0, request.find(" HTTP/")));
    return NoContentReply();
  });
  const RunResult result = Seed(server, {"--count", "500", "--start", "100", "--concurrency", "4"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::lock_guard lock(mutex);
  EXPECT_EQ(targets.size(), 500u);
  for (int id = 100; id < 600; ++id) {
    EXPECT_EQ(targets.count("POST /products/" + std::to_string(id) + "/details"), 1u) << id;
  }
  EXPECT_EQ(server.connections(), 4);
}

TEST(Seed, EndsWithASummary) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  for (const std::string format : {"table", "json", "plain"}) {
    transcript.Run(server.endpoint(), {"seed", "--count", "6", "-o", format});
    transcript.Note("product 7 is refused");
    EXPECT_EQ(transcript.Run(server.endpoint(), {"seed", "--count", "10", "-o", format}).exit_code,
              5);
    transcript.Run(server.endpoint(), {"seed", "--if-empty", "-o", format});
    transcript.Run(server.endpoint(),
                   {"seed", "--if-empty", "--start", "10", "--count", "2", "-o", format});
  }
  transcript.Note("every product is refused");
  const ScriptedServer refusing(
      [](const std::string&) { return ErrorReply(400, "INVALID_INPUT", "no"); });
  transcript.Run(refusing.endpoint(),
                 {"seed", "--mode", "each", "--count", "9", "--concurrency", "1"});
  transcript.ExpectGolden("seed");
}

TEST(Seed, DoesNotCareInWhichPiecesACatalogueIsSeeded) {
  const auto bodies_of = [](const std::vector<std::vector<std::string>>& runs) {
    std::mutex mutex;
    std::set<std::string> bodies;
    const ScriptedServer server([&](const std::string& request) {
      const std::lock_guard lock(mutex);
      bodies.insert(request.substr(request.find("\r\n\r\n") + 4));
      return NoContentReply();
    });
    for (const std::vector<std::string>& run : runs) EXPECT_EQ(Seed(server, run).exit_code, 0);
    return bodies;
  };
  const auto whole = bodies_of({{"--count", "40"}});
  EXPECT_EQ(whole.size(), 40u);
  EXPECT_EQ(bodies_of({{"--count", "15", "--concurrency", "1"},
                       {"--start", "16", "--count", "25", "--concurrency", "9"}}),
            whole);
  EXPECT_NE(bodies_of({{"--count", "40", "--seed", "2"}}), whole);
}

TEST(Seed, RepeatsWhatFailsForAWhile) {
  std::atomic<int> requests{0};
  const ScriptedServer server([&](const std::string&) -> Reply {
    switch (++requests) {
      case 3:
        return ErrorReply(500, "INTERNAL", "internal error");
      case 5:
        return {"", Reply::Then::kReset};
      case 6:
        return {"HTTP/1.1 503 X\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"};
      case 7:
        return {"", Reply::Then::kClose};
      default:
        return NoContentReply();
    }
  });
  const RunResult result = Seed(server, {"--count", "10", "--concurrency", "2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("seeded 10 products"), std::string::npos) << result.out;
}

TEST(Seed, StopsWhenTheServerGoesAway) {
  Transcript transcript;
  std::atomic<int> requests{0};
  const ScriptedServer server([&](const std::string&) -> Reply {
    if (++requests <= 10) return NoContentReply();
    return {"", Reply::Then::kReset};
  });
  const RunResult result = transcript.Run(
      server.endpoint(), {"seed", "--mode", "each", "--count", "1000", "--concurrency", "1"});
  EXPECT_EQ(result.exit_code, 4);
  transcript.ExpectGolden("seed_server_gone");
}

TEST(Seed, CtrlCStopsAtOnceWithASummary) {
  for (const int signal : {SIGINT, SIGTERM}) {
    std::atomic<int> requests{0};
    std::atomic<pid_t> reached{0};
    ScriptedServer server([&](const std::string&) -> Reply {
      if (++requests <= 20) return NoContentReply();
      reached = 1;
      reached.notify_all();
      return {"", Reply::Then::kHang};
    });
    ChildProcess process(
        PRODUCTCTL_BINARY,
        {"seed", "--count", "1000", "--concurrency", "1", "--seed", "3", "--rate", "5000.5"},
        {.environment = {{"PRODUCTCTL_ENDPOINT", server.endpoint()}}});
    reached.wait(0);
    process.Signal(signal);
    const RunResult result = process.Wait();
    EXPECT_EQ(result.exit_code, 130);
    EXPECT_EQ(result.out.find("seeded 20 of 1000 products in "), 0u) << result.out;
    EXPECT_NE(result.err.find("to go on: productctl seed --endpoint " + server.endpoint() +
                              " --start 21 --count 980 --seed 3 --concurrency 1 --rate 5000.5\n"),
              std::string::npos)
        << result.err;
  }
}

TEST(Seed, CtrlCStopsABusySeedToo) {
  std::atomic<int> requests{0};
  std::atomic<int> reached{0};
  ScriptedServer server([&](const std::string&) {
    if (++requests == 500) {
      reached = 1;
      reached.notify_all();
    }
    return NoContentReply();
  });
  ChildProcess process(PRODUCTCTL_BINARY, {"seed", "--mode", "each", "--count", "100000000"},
                       {.environment = {{"PRODUCTCTL_ENDPOINT", server.endpoint()}}});
  reached.wait(0);
  process.Signal(SIGINT);
  EXPECT_EQ(process.Wait().exit_code, 130);
}

TEST(Seed, KeepsToTheRate) {
  const ScriptedServer server(FakeCatalog);
  const RunResult result =
      Seed(server, {"--count", "51", "--start", "100", "--rate", "100", "-o", "json"});
  EXPECT_EQ(result.exit_code, 0);
  const std::string key = "\"seconds\":";
  const double seconds = std::stod(result.out.substr(result.out.find(key) + key.size()));
  EXPECT_GE(seconds, 0.5);
}

TEST(Seed, DrawsABarAtATerminalAndClearsIt) {
  const ScriptedServer server(FakeCatalog);
  const RunResult result =
      Seed(server, {"--count", "100", "--start", "100", "--rate", "100"}, {.terminal_columns = 80});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out.find("seeded 100 products in "), 0u) << result.out;
  EXPECT_NE(result.err.find("\r\x1b[Kseeding  [="), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("/s  "), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(" left"), std::string::npos) << result.err;
  EXPECT_TRUE(result.err.ends_with("\r\x1b[K")) << result.err;
  EXPECT_EQ(result.err.find('\n'), std::string::npos);
  // A second at eight refreshes, and the clearing; a slow machine draws fewer.
  int redraws = 0;
  for (const char byte : result.err) redraws += byte == '\r' ? 1 : 0;
  EXPECT_GE(redraws, 3);
  EXPECT_LE(redraws, 10);
}

TEST(Seed, BarFitsANarrowTerminal) {
  const ScriptedServer server(FakeCatalog);
  const RunResult result =
      Seed(server, {"--count", "40", "--start", "100", "--rate", "100"}, {.terminal_columns = 20});
  EXPECT_EQ(result.exit_code, 0);
  const std::string start = "\r\x1b[K";
  std::size_t from = result.err.find(start);
  ASSERT_NE(from, std::string::npos);
  while (from != std::string::npos) {
    from += start.size();
    const std::size_t to = result.err.find(start, from);
    EXPECT_LE(std::min(to, result.err.size()) - from, 19u);
    from = to;
  }
}

}  // namespace
}  // namespace products::cli
