#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/fake_metrics.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"

namespace products::cli {
namespace {

const std::vector<std::string> kFormats = {"table", "json", "plain"};

Reply NotThere() { return ErrorReply(404, "NOT_FOUND", "no such path"); }

// Everything but /metrics, whose texts come from `metrics`, scrape after scrape.
ScriptedServer::Script WithMetrics(std::function<std::string(int scrape)> metrics) {
  const auto scrapes = std::make_shared<std::atomic<int>>(0);
  return [scrapes, metrics = std::move(metrics)](const std::string& request) {
    if (Asks(request, "GET /metrics")) return MetricsReply(metrics((*scrapes)++));
    return FakeCatalog(request);
  };
}

std::string Busy(int scrape) { return RenderFakeMetrics(BusyFigures(scrape)); }

RunResult Status(Transcript& transcript, const ScriptedServer& server,
                 std::vector<std::string> arguments = {}, RunOptions options = {}) {
  arguments.insert(arguments.begin(), {"status", "--interval", "20ms"});
  return transcript.Run(server.endpoint(), arguments, std::move(options));
}

TEST(Status, TellsHowTheServerIsInEveryFormat) {
  Transcript transcript;
  const ScriptedServer busy(WithMetrics(Busy));
  EXPECT_EQ(Status(transcript, busy, {"-o", "table"}).exit_code, 0);
  EXPECT_EQ(Status(transcript, busy, {"-o", "json"}).exit_code, 0);
  transcript.Note("no request in the interval");
  const ScriptedServer idle(WithMetrics([](int) { return Busy(0); }));
  for (const std::string& format : kFormats) {
    EXPECT_EQ(Status(transcript, idle, {"-o", format}).exit_code, 0);
  }
  transcript.Note("at terminals");
  for (const int columns : {80, 200}) {
    EXPECT_EQ(Status(transcript, idle, {}, {.terminal_columns = columns}).exit_code, 0);
  }
  transcript.Note("elsewhere");
  EXPECT_EQ(Status(transcript, idle).exit_code, 0);
  transcript.ExpectGolden("status");
}

TEST(Status, TellsWhatIsWrong) {
  Transcript transcript;
  FakeFigures figures = BusyFigures(0);
  figures.writes_stopped = 1;
  figures.backup_running = 1;
  const ScriptedServer server([&figures](const std::string& request) {
    if (Asks(request, "GET /metrics")) return MetricsReply(RenderFakeMetrics(figures));
    if (Asks(request, "GET /readyz")) {
      return ErrorReply(503, "UNAVAILABLE", "writes are stopped: the disk failed");
    }
    return FakeCatalog(request);
  });
  for (const std::string& format : kFormats) {
    EXPECT_EQ(Status(transcript, server, {"-o", format}).exit_code, 0);
  }
  transcript.ExpectGolden("status_wrong");
}

TEST(Status, AgesAreOfThisClock) {
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  FakeFigures figures;
  figures.start_unix_seconds = now - 3 * 86'400 - 7300;
  figures.backup_last_success = now - 185;
  const ScriptedServer server(WithMetrics([&](int) { return RenderFakeMetrics(figures); }));
  Transcript transcript;
  const std::string out = Status(transcript, server, {"-o", "table"}).out;
  EXPECT_NE(out.find("up           3 d 2 h\n"), std::string::npos) << out;
  EXPECT_NE(out.find("last backup  3 min 5 s ago, 157 MiB\n"), std::string::npos) << out;
}

TEST(Status, MetricsAndReadinessMayHaveAnAddressOfTheirOwn) {
  const ScriptedServer management(WithMetrics([](int) { return Busy(0); }));
  const ScriptedServer server([](const std::string& request) {
    const bool has_moved = Asks(request, "GET /metrics") || Asks(request, "GET /readyz");
    return has_moved ? NotThere() : FakeCatalog(request);
  });
  const auto run = [&](std::vector<std::string> arguments, RunOptions options) {
    arguments.insert(arguments.begin(), {"status", "--interval", "20ms", "-o", "plain"});
    options.environment["PRODUCTCTL_ENDPOINT"] = server.endpoint();
    return RunProductctl(arguments, options);
  };
  const std::string expected = server.endpoint() + "\t" + management.endpoint() +
                               "\t9.8.7\tabcdef\tlmdb\ttrue\tok\tunknown\t1000000\t";
  const RunResult by_flag = run({"--management-endpoint", management.endpoint()}, {});
  EXPECT_TRUE(by_flag.out.starts_with(expected)) << by_flag.out;
  EXPECT_EQ(by_flag.err, "");
  const RunResult by_variable =
      run({}, {.environment = {{"PRODUCTCTL_MANAGEMENT_ENDPOINT", management.endpoint()}}});
  EXPECT_EQ(by_variable.out, by_flag.out);
  EXPECT_EQ(run({"--management-endpoint", "ftp://h"}, {}).exit_code, 2);

  Transcript transcript;
  transcript.Note("nobody says where");
  EXPECT_EQ(Status(transcript, server, {"-o", "table"}).exit_code, 0);
  transcript.ExpectGolden("status_management");
}

TEST(Status, ServerOfTheTwoProductOperationsIsEnough) {
  Transcript transcript;
  const ScriptedServer server([](const std::string& request) {
    return request.starts_with("GET /products/") ? FakeCatalog(request) : NotThere();
  });
  for (const std::string& format : kFormats) {
    EXPECT_EQ(Status(transcript, server, {"-o", format}).exit_code, 0);
  }
  transcript.Note("no catalogue at all");
  const ScriptedServer other([](const std::string&) { return NotThere(); });
  EXPECT_EQ(Status(transcript, other).exit_code, 1);
  transcript.ExpectGolden("status_section_1");
}

TEST(Status, FailuresHaveTheirExitCodes) {
  Transcript transcript;
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(FindClosedPort());
  EXPECT_EQ(transcript.Run(nowhere, {"status"}).exit_code, 4);
  const ScriptedServer hanging([](const std::string& request) {
    if (Asks(request, "GET /metrics")) return Reply{"", Reply::Then::kHang};
    return FakeCatalog(request);
  });
  EXPECT_EQ(Status(transcript, hanging, {"--timeout", "100ms"}).exit_code, 4);
  const ScriptedServer failing([](const std::string& request) {
    if (Asks(request, "GET /metrics")) return ErrorReply(503, "OVERLOADED", "too many scrapes");
    return FakeCatalog(request);
  });
  EXPECT_EQ(Status(transcript, failing).exit_code, 1);
  for (const std::string interval : {"1", "0s", "fast", "-1s", "25h"}) {
    EXPECT_EQ(transcript.Run("", {"status", "--interval", interval}).exit_code, 2);
  }
  transcript.ExpectGolden("status_failures");
}

TEST(Status, BrokenMetricsAreToldAndTheRestIsKept) {
  const std::string good = Busy(0);
  struct Row {
    std::string note;
    std::string text;
    int exit_code;
  };
  const auto edited = [&good](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  const Row rows[] = {
      {"truncated in a line", good.substr(0, good.size() / 2 - 3), 1},
      {"a histogram that ends early", good.substr(0, good.rfind('\n', good.find("# HELP") - 2) + 1),
       1},
      {"a page", "<html><body>hello</body></html>\n", 1},
      {"empty", "", 0},
      {"a gauge that is NaN", edited("\nproductd_products 1000000\n", "\nproductd_products NaN\n"),
       0},
      {"a huge gauge", edited("\nproductd_products 1000000\n", "\nproductd_products 1e300\n"), 0},
      {"infinite", edited("\nproductd_connections 12\n", "\nproductd_connections +Inf\n"), 0},
      {"another type", edited("# TYPE productd_products gauge", "# TYPE productd_products counter"),
       0},
      {"a counter that is NaN",
       edited("\nprocess_cpu_seconds_total 0.5\n", "\nprocess_cpu_seconds_total NaN\n"), 1},
  };
  Transcript transcript;
  for (const Row& row : rows) {
    const ScriptedServer server(WithMetrics([&row](int) { return row.text; }));
    transcript.Note(row.note);
    EXPECT_EQ(Status(transcript, server, {"-o", "json"}).exit_code, row.exit_code) << row.note;
  }
  transcript.Note("restarted between the scrapes: counters fall");
  const ScriptedServer restarted(WithMetrics([](int scrape) {
    FakeFigures figures = BusyFigures(scrape == 0 ? 1000 : 0);
    figures.start_unix_seconds = scrape + 1;
    return RenderFakeMetrics(figures);
  }));
  EXPECT_EQ(Status(transcript, restarted, {"-o", "json"}).exit_code, 0);
  transcript.ExpectGolden("status_broken_metrics");
}

TEST(Status, EndlessMetricsAreCutOff) {
  const ScriptedServer server([](const std::string& request) {
    if (!Asks(request, "GET /metrics")) return FakeCatalog(request);
    return Reply{"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\na 1\n", Reply::Then::kFlood};
  });
  Transcript transcript;
  const RunResult result = Status(transcript, server);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("the answer is larger than 16384 KiB"), std::string::npos)
      << result.err;
}

}  // namespace
}  // namespace products::cli
