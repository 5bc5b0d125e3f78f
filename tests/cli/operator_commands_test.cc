// Commands for who runs a server: health --wait, backup, verify and restore.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/fake_metrics.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/cli/terminal_session.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

const std::vector<std::string> kFormats = {"table", "json", "plain"};

Reply NotThere() { return ErrorReply(404, "NOT_FOUND", "no such path"); }

TEST(HealthWait, EndsOnceTheServerIsReady) {
  std::atomic<int> asked{0};
  const ScriptedServer server([&asked](const std::string& request) {
    if (Asks(request, "GET /readyz") && ++asked <= 3) {
      return ErrorReply(503, "UNAVAILABLE", "loading: 250000 of 1000000 products");
    }
    return FakeCatalog(request);
  });
  Transcript transcript;
  EXPECT_EQ(transcript.Run(server.endpoint(), {"health", "--wait", "20s"}).exit_code, 0);
  EXPECT_EQ(asked, 5);
  transcript.Note("ready at once");
  EXPECT_EQ(transcript.Run(server.endpoint(), {"health", "--wait", "20s", "-o", "json"}).exit_code,
            0);
  transcript.Note("a server without /readyz");
  const ScriptedServer simple([](const std::string& request) {
    return Asks(request, "GET /health") ? FakeCatalog(request) : NotThere();
  });
  EXPECT_EQ(transcript.Run(simple.endpoint(), {"health", "--wait", "1s"}).exit_code, 0);
  transcript.ExpectGolden("health_wait");
}

TEST(HealthWait, TimeOverEndsWithWhatTheServerLastWas) {
  Transcript transcript;
  const ScriptedServer loading([](const std::string& request) {
    if (Asks(request, "GET /readyz")) return ErrorReply(503, "UNAVAILABLE", "loading");
    return FakeCatalog(request);
  });
  EXPECT_EQ(transcript.Run(loading.endpoint(), {"health", "--wait", "300ms"}).exit_code, 1);
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(FindClosedPort());
  EXPECT_EQ(transcript.Run(nowhere, {"health", "--wait", "300ms"}).exit_code, 4);
  const ScriptedServer hanging([](const std::string&) { return Reply{"", Reply::Then::kHang}; });
  EXPECT_EQ(transcript.Run(hanging.endpoint(), {"health", "--wait", "50ms"}).exit_code, 4);
  EXPECT_EQ(transcript.Run("", {"health", "--wait", "30"}).exit_code, 2);
  transcript.ExpectGolden("health_wait_over");
}

TEST(HealthWait, CtrlCEndsItAlsoDuringARequest) {
  for (const bool hangs : {false, true}) {
    std::atomic<int> asked{0};
    const ScriptedServer server([&](const std::string&) {
      ++asked;
      return hangs ? Reply{"", Reply::Then::kHang} : ErrorReply(503, "UNAVAILABLE", "loading");
    });
    ChildProcess process(PRODUCTCTL_BINARY,
                         {"health", "--wait", "20s", "--endpoint", server.endpoint()});
    while (asked < (hangs ? 1 : 2)) std::this_thread::yield();
    process.Signal(SIGINT);
    EXPECT_EQ(process.Wait().exit_code, 130);
  }
}

TEST(HealthWait, OneLineIsDrawnOverAtATerminal) {
  const ScriptedServer server([](const std::string& request) {
    if (Asks(request, "GET /readyz")) return ErrorReply(503, "UNAVAILABLE", "loading");
    return FakeCatalog(request);
  });
  TerminalSession session(PRODUCTCTL_BINARY,
                          {"health", "--wait", "20s", "--endpoint", server.endpoint()}, {}, 80, 24);
  EXPECT_TRUE(session.ReadUntilShows(" of 20 s: loading")) << session.Screen();
  session.Type("\x03");
  EXPECT_EQ(session.Wait(), 130);
}

TEST(Health, ReadinessIsThatOfTheManagementEndpoint) {
  const ScriptedServer server([](const std::string& request) {
    return Asks(request, "GET /readyz") ? NotThere() : FakeCatalog(request);
  });
  const ScriptedServer management([](const std::string& request) {
    if (Asks(request, "GET /readyz")) return ErrorReply(503, "UNAVAILABLE", "draining");
    return FakeCatalog(request);
  });
  const RunResult result = RunProductctl(
      {"health", "--endpoint", server.endpoint(), "--management-endpoint", management.endpoint()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, server.endpoint() + "\tok\tdraining\n");
}

TEST(Backup, PrintsWhatTheServerMade) {
  const ScriptedServer server([](const std::string& request) {
    if (!Asks(request, "POST /admin/backup")) return NotThere();
    return JsonReply(200,
                     "{\"file\":\"/backup/products-20261125T144514.293Z.mdb\",\"products\":"
                     "1000000,\"bytes\":164409344,\"seconds\":0.652}\n");
  });
  Transcript transcript;
  for (const std::string& format : kFormats) {
    EXPECT_EQ(transcript.Run(server.endpoint(), {"backup", "-o", format}).exit_code, 0);
  }
  transcript.ExpectGolden("backup");
}

TEST(Backup, FailuresHaveTheirReasonAndExitCode) {
  struct Row {
    Reply reply;
    int exit_code;
  };
  const Row rows[] = {
      {ErrorReply(400, "INVALID_INPUT", "backups are off: set storage.backup_dir to turn them on"),
       1},
      {ErrorReply(400, "INVALID_INPUT",
                  "the memory engine stores nothing that a backup could hold"),
       1},
      {ErrorReply(503, "OVERLOADED", "a backup is running"), 1},
      {NotThere(), 3},
      {JsonReply(200, "{\"file\":5}"), 1},
      {JsonReply(200, "{\"file\":\"a\",\"products\":1.5,\"bytes\":1,\"seconds\":1}"), 1},
      {{"", Reply::Then::kClose}, 4},
      {{"", Reply::Then::kHang}, 4},
  };
  Transcript transcript;
  for (const Row& row : rows) {
    const ScriptedServer server([&row](const std::string& request) {
      return Asks(request, "POST /admin/backup") ? row.reply : NotThere();
    });
    EXPECT_EQ(transcript.Run(server.endpoint(), {"backup", "--wait", "1s"}).exit_code,
              row.exit_code);
  }
  transcript.ExpectGolden("backup_failures");
}

TEST(Backup, IsNeverAskedForTwice) {
  const Reply replies[] = {{"", Reply::Then::kReset},
                           {"", Reply::Then::kClose},
                           {"", Reply::Then::kHang},
                           {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", Reply::Then::kClose},
                           {"HTTP/1.1 503 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"},
                           ErrorReply(429, "OVERLOADED", "later"),
                           ErrorReply(502, "BAD_GATEWAY", "later"),
                           ErrorReply(504, "TIMEOUT", "later")};
  for (const Reply& reply : replies) {
    std::atomic<int> backups{0};
    const ScriptedServer server([&](const std::string& request) {
      if (!Asks(request, "POST /admin/backup")) return NotThere();
      ++backups;
      return reply;
    });
    const RunResult result = RunProductctl({"backup", "--retries", "5", "--wait",
                                            reply.then == Reply::Then::kHang ? "1s" : "30s",
                                            "--endpoint", server.endpoint()});
    EXPECT_TRUE(result.exit_code == 1 || result.exit_code == 4) << result.exit_code << result.err;
    EXPECT_EQ(backups, 1) << reply.bytes;
  }
}

TEST(Backup, ShowsHowFarItIsAndCtrlCLeavesItToTheServer) {
  std::atomic<int> scrapes{0};
  const ScriptedServer server([&scrapes](const std::string& request) {
    if (Asks(request, "POST /admin/backup")) return Reply{"", Reply::Then::kHang};
    FakeFigures figures;
    figures.backup_running = 1;
    figures.backup_products = 250'000.0 * ++scrapes;
    return MetricsReply(RenderFakeMetrics(figures));
  });
  TerminalSession session(PRODUCTCTL_BINARY, {"backup", "--endpoint", server.endpoint()}, {}, 100,
                          24);
  EXPECT_TRUE(session.ReadUntilShows("500000/1000000")) << session.Screen();
  EXPECT_EQ(session.Screen().find("backing up  [==="), 0U) << session.Screen();
  session.Type("\x03");
  EXPECT_EQ(session.Wait(), 130);
  EXPECT_NE(session.Screen().find("the server goes on with the backup"), std::string::npos);
}

#ifdef PRODUCTD_BINARY
TEST(BackupAndRestore, OfARealServerThroughEveryCommand) {
  const test::TempDir directory;
  const std::string data = directory.File("data");
  const std::string restored = directory.File("restored");
  std::string backup;
  {
    test::ServerProcess server(
        PRODUCTD_BINARY,
        test::ServerProcess::ProductdArguments(
            {"--storage-engine", "lmdb", "--storage-data-dir", data, "--storage-backup-dir",
             directory.File("backups"), "--management-listen", "127.0.0.1:0"}));
    const std::string endpoint = "http://" + server.address();
    const std::string management = "http://" + server.management_address();
    EXPECT_EQ(RunProductctl({"seed", "--count", "500", "--endpoint", endpoint}).exit_code, 0);
    EXPECT_EQ(RunProductctl({"health", "--wait", "10s", "--endpoint", endpoint,
                             "--management-endpoint", management})
                  .exit_code,
              0);
    const RunResult made =
        RunProductctl({"backup", "-o", "plain", "--management-endpoint", management});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    backup = made.out.substr(0, made.out.find('\t'));
    const RunResult status =
        RunProductctl({"status", "-o", "json", "--interval", "10ms", "--endpoint", endpoint,
                       "--management-endpoint", management});
    EXPECT_EQ(status.exit_code, 0) << status.err;
    EXPECT_NE(status.out.find("\"products\":500,"), std::string::npos) << status.out;
    const RunResult top = RunProductctl(
        {"top", "--count", "1", "--interval", "10ms", "--management-endpoint", management});
    EXPECT_NE(top.out.find("route\tPOST\t/products/batch\t"), std::string::npos)
        << top.out << top.err;
    // It is in use.
    EXPECT_EQ(RunProductctl({"verify", "--data-dir", data}).exit_code, 1);
    EXPECT_EQ(server.Stop(), 0);
  }
  EXPECT_EQ(RunProductctl({"restore", backup, "--data-dir", restored}).out.find(restored), 0U);
  const RunResult again = RunProductctl({"restore", backup, "--data-dir", restored});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.err.find("productd: "), std::string::npos) << again.err;
  const RunResult verified = RunProductctl({"verify", "--data-dir", restored, "-o", "json"});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_EQ(verified.out.find("{\"data_dir\":\"" + restored + "\",\"products\":500,\"bytes\":"), 0U)
      << verified.out;
  EXPECT_NE(verified.out.find(",\"damaged\":0,\"faults\":[]}\n"), std::string::npos);

  // A byte of a product is another one.
  const std::string file = restored + "/data.mdb";
  std::string bytes = test::ReadFile(file);
  const std::size_t sku = bytes.find("MRA-902-ZLC");
  ASSERT_NE(sku, std::string::npos);
  bytes[sku] = 'X';
  test::WriteFile(file, bytes);
  const RunResult damaged = RunProductctl({"verify", "--data-dir", restored});
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_NE(damaged.out.find("product 1 is not what was stored"), std::string::npos) << damaged.out;
  const RunResult as_json = RunProductctl({"verify", "--data-dir", restored, "-o", "json"});
  EXPECT_EQ(as_json.exit_code, 1);
  EXPECT_NE(as_json.out.find(",\"damaged\":1,\"faults\":[\""), std::string::npos) << as_json.out;
}
#endif

// A program in productd's place that does what a test says.
class FakeProductd {
 public:
  explicit FakeProductd(const std::string& script) {
    test::WriteFile(path(), "#!/bin/sh\n" + script + "\n");
    ::chmod(path().c_str(), 0755);
  }
  std::string path() const { return directory_.File("productd"); }

 private:
  test::TempDir directory_;
};

TEST(Offline, RelaysOutputAndExitCodesOfProductd) {
  struct Row {
    std::string script;
    int exit_code;
    std::string out;
    std::string err;
  };
  const Row rows[] = {
      {"echo \"$@\"", 0, "--verify --data-dir d\n", ""},
      {"echo damage; exit 1", 1, "damage\n", ""},
      {"echo why >&2; exit 2", 2, "", "why\n"},
      {"exit 3", 1, "",
       "productctl: productd ended with status 3\n  try: look at the server's log for the "
       "reason\n"},
  };
  for (const Row& row : rows) {
    const FakeProductd productd(row.script);
    const RunResult result =
        RunProductctl({"verify", "--data-dir", "d", "--productd", productd.path()});
    EXPECT_EQ(result.exit_code, row.exit_code) << row.script;
    EXPECT_EQ(result.out, row.out);
    EXPECT_EQ(result.err, row.err);
  }
  const FakeProductd other("echo something else");
  EXPECT_EQ(RunProductctl({"verify", "--data-dir", "d", "-o", "json", "--productd", other.path()})
                .exit_code,
            1);
}

TEST(Offline, MistakesEndWithTwo) {
  Transcript transcript;
  for (const std::vector<std::string>& row : std::vector<std::vector<std::string>>{
           {"verify"},
           {"restore", "--data-dir", "d"},
           {"restore", "file"},
           {"verify", "--data-dir", "d", "--productd", "/nonexistent/productd"},
           {"restore", "f", "--data-dir", "d", "--productd", "/nonexistent/productd"}}) {
    EXPECT_EQ(transcript.Run("", row).exit_code, 2);
  }
  transcript.ExpectGolden("offline_mistakes");
}

TEST(Offline, SignalsEndProductdFirst) {
  const test::TempDir directory;
  const std::string started = directory.File("started");
  const FakeProductd productd("touch " + started + "; exec sleep 60");
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"verify"}, {"verify", "-o", "json"}, {"restore", "file"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--data-dir", "d", "--productd", productd.path()});
    ChildProcess process(PRODUCTCTL_BINARY, arguments,
                         {.environment = {{"PATH", "/usr/bin:/bin"}}});
    while (::access(started.c_str(), F_OK) != 0) std::this_thread::yield();
    process.Signal(SIGTERM);
    const RunResult result = process.Wait();
    EXPECT_EQ(result.exit_code, 130);
    EXPECT_EQ(result.err, "interrupted: productd was ended\n");
    ::unlink(started.c_str());
  }
}

}  // namespace
}  // namespace products::cli
