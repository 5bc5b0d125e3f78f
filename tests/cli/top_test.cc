#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/fake_metrics.h"
#include "tests/cli/golden.h"
#include "tests/cli/golden_text.h"
#include "tests/cli/scripted_server.h"
#include "tests/cli/terminal_session.h"

namespace products::cli {
namespace {

using Variables = std::map<std::string, std::string>;

// Always the same: every rate is 0, whatever the time between two looks.
Reply Idle(const std::string& request) {
  if (Asks(request, "GET /metrics")) return MetricsReply(RenderFakeMetrics(BusyFigures(0)));
  return FakeCatalog(request);
}

std::string OfServer(std::string text, const ScriptedServer& server) {
  for (std::size_t at = text.find(server.endpoint()); at != std::string::npos;
       at = text.find(server.endpoint())) {
    text.replace(at, server.endpoint().size(), "http://SERVER");
  }
  return text;
}

std::vector<std::string> TopArguments(const ScriptedServer& server) {
  return {"top", "--interval", "20ms", "--endpoint", server.endpoint()};
}

// The screen once there are rates.
std::string ScreenOf(const ScriptedServer& server, int columns, int rows, int history) {
  TerminalSession session(PRODUCTCTL_BINARY, TopArguments(server), {}, columns, rows);
  // Until the history is as long as there is room for it, so that the screen is always the same.
  std::string full;
  for (int i = 0; i < history; ++i) full += "▁";
  EXPECT_TRUE(session.ReadUntilShows("commits")) << session.Screen();
  EXPECT_TRUE(session.ReadUntilShows(full)) << session.Screen();
  EXPECT_TRUE(session.is_alternate());
  EXPECT_FALSE(session.has_cursor());
  std::string screen = session.Screen();
  session.Type("q");
  EXPECT_EQ(session.Wait(), 0);
  EXPECT_FALSE(session.is_alternate());
  EXPECT_TRUE(session.has_cursor());
  EXPECT_TRUE(session.IsAsBefore());
  return OfServer(std::move(screen), server);
}

TEST(TopScreen, FitsItsTerminalAndGivesItBackOnQ) {
  const ScriptedServer server(Idle);
  std::string screens = "# 80x24\n" + ScreenOf(server, 80, 24, 8);
  screens += "# 200x50\n" + ScreenOf(server, 200, 50, 60);
  screens += "# 40x9\n" + ScreenOf(server, 40, 9, 0);
  ExpectGoldenText("top_terminal", screens);
}

TEST(TopScreen, FollowsItsWindow) {
  const ScriptedServer server(Idle);
  TerminalSession session(PRODUCTCTL_BINARY, TopArguments(server), {}, 80, 24);
  ASSERT_TRUE(session.ReadUntilShows("▁▁▁▁"));
  session.Resize(200, 50);
  EXPECT_TRUE(session.ReadUntilShows(std::string(30, ' ') + "▁")) << session.Screen();
  session.Type("q");
  EXPECT_EQ(session.Wait(), 0);
}

TEST(TopScreen, EverySignalAndCtrlCGiveTheTerminalBack) {
  const ScriptedServer server(Idle);
  for (const int signal : {0, SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    TerminalSession session(PRODUCTCTL_BINARY, TopArguments(server), {}, 80, 24);
    ASSERT_TRUE(session.ReadUntilShows("commits"));
    if (signal == 0) {
      session.Type("\x03");
    } else {
      session.Signal(signal);
    }
    EXPECT_EQ(session.Wait(), 130) << signal;
    EXPECT_FALSE(session.is_alternate()) << signal;
    EXPECT_TRUE(session.has_cursor()) << signal;
    EXPECT_TRUE(session.IsAsBefore()) << signal;
  }
}

TEST(TopScreen, CtrlZAndCtrlBackslashDoNothing) {
  const ScriptedServer server(Idle);
  TerminalSession session(PRODUCTCTL_BINARY, TopArguments(server), {}, 80, 24);
  ASSERT_TRUE(session.ReadUntilShows("commits"));
  session.Type("\x1a\x1c");
  session.Type("q");
  EXPECT_EQ(session.Wait(), 0);
  EXPECT_TRUE(session.IsAsBefore());
}

TEST(TopScreen, EndsDuringARequestThatHangs) {
  std::atomic<int> scrapes{0};
  const ScriptedServer server([&scrapes](const std::string& request) {
    return ++scrapes > 2 ? Reply{"", Reply::Then::kHang} : Idle(request);
  });
  TerminalSession session(PRODUCTCTL_BINARY, TopArguments(server), {}, 80, 24);
  ASSERT_TRUE(session.ReadUntil([&] { return scrapes > 2; }));
  session.Type("q");
  EXPECT_EQ(session.Wait(), 0);
  EXPECT_TRUE(session.IsAsBefore());
}

TEST(TopScreen, WaitsForAServerThatDoesNotAnswerOrTalksNonsense) {
  std::atomic<int> scrapes{0};
  const ScriptedServer server([&scrapes](const std::string& request) {
    const int scrape = scrapes++;
    if (scrape > 2 && scrape < 6) return ErrorReply(503, "OVERLOADED", "too many scrapes");
    if (scrape >= 6 && scrape < 9) return MetricsReply("half a line");
    return Idle(request);
  });
  TerminalSession session(PRODUCTCTL_BINARY, TopArguments(server), {}, 120, 24);
  EXPECT_TRUE(session.ReadUntilShows("too many scrapes (503 OVERLOADED)")) << session.Screen();
  EXPECT_TRUE(session.ReadUntilShows("not the Prometheus text format")) << session.Screen();
  EXPECT_TRUE(
      session.ReadUntil([&] { return session.Screen().find("format") == std::string::npos; }));
  session.Type("q");
  EXPECT_EQ(session.Wait(), 0);
}

TEST(TopScreen, ColoursAreOffWithNoColor) {
  const ScriptedServer server(Idle);
  for (const bool has_color : {true, false}) {
    TerminalSession session(PRODUCTCTL_BINARY, TopArguments(server),
                            has_color ? Variables{} : Variables{{"NO_COLOR", "1"}}, 80, 24);
    ASSERT_TRUE(session.ReadUntilShows("commits"));
    session.Type("q");
    EXPECT_EQ(session.Wait(), 0);
    EXPECT_EQ(session.received().find("\x1b[1m") != std::string::npos, has_color);
  }
}

TEST(TopScreen, EndsAfterCountIntervals) {
  const ScriptedServer server(Idle);
  std::vector<std::string> arguments = TopArguments(server);
  arguments.insert(arguments.end(), {"--count", "3"});
  TerminalSession session(PRODUCTCTL_BINARY, arguments, {}, 80, 24);
  EXPECT_EQ(session.Wait(), 0);
  EXPECT_FALSE(session.is_alternate());
  EXPECT_EQ(server.requests(), 4);
}

TEST(TopBlocks, AreOneAnIntervalInEveryFormat) {
  const ScriptedServer server(Idle);
  Transcript transcript;
  for (const std::string format : {"table", "json", "plain"}) {
    EXPECT_EQ(
        transcript
            .Run(server.endpoint(), {"top", "--interval", "10ms", "--count", "2", "-o", format})
            .exit_code,
        0);
  }
  transcript.Note("at a terminal without keys");
  EXPECT_EQ(transcript
                .Run(server.endpoint(), {"top", "--interval", "10ms", "--count", "1"},
                     {.terminal_columns = 100})
                .exit_code,
            0);
  transcript.Note("requests come in");
  std::atomic<int> scrapes{0};
  const ScriptedServer busy([&scrapes](const std::string&) {
    return MetricsReply(RenderFakeMetrics(BusyFigures(scrapes++)));
  });
  EXPECT_EQ(
      transcript.Run(busy.endpoint(), {"top", "--interval", "10ms", "--count", "1", "-o", "json"})
          .exit_code,
      0);
  transcript.ExpectGolden("top");
}

TEST(TopBlocks, FailuresHaveTheirExitCodes) {
  Transcript transcript;
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(FindClosedPort());
  EXPECT_EQ(transcript.Run(nowhere, {"top"}).exit_code, 4);
  const ScriptedServer other(
      [](const std::string&) { return ErrorReply(404, "NOT_FOUND", "no such path"); });
  EXPECT_EQ(transcript.Run(other.endpoint(), {"top"}).exit_code, 3);
  const ScriptedServer broken([](const std::string&) { return MetricsReply("a"); });
  EXPECT_EQ(transcript.Run(broken.endpoint(), {"top"}).exit_code, 1);
  EXPECT_EQ(transcript.Run("", {"top", "--count", "-1"}).exit_code, 2);
  EXPECT_EQ(transcript.Run("", {"top", "--interval", "soon"}).exit_code, 2);
  transcript.ExpectGolden("top_failures");
}

TEST(TopBlocks, CtrlCEndsThem) {
  std::atomic<int> scrapes{0};
  const ScriptedServer server([&scrapes](const std::string& request) {
    ++scrapes;
    return Idle(request);
  });
  ChildProcess process(PRODUCTCTL_BINARY, TopArguments(server));
  while (scrapes < 3) std::this_thread::yield();
  process.Signal(SIGINT);
  EXPECT_EQ(process.Wait().exit_code, 130);
}

}  // namespace
}  // namespace products::cli
