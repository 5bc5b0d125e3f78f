#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"

namespace products::cli {
namespace {

const std::vector<std::string> kFormats = {"table", "json", "plain"};

TEST(Get, PrintsTheProductInEveryFormat) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  for (const std::string& format : kFormats) {
    EXPECT_EQ(transcript.Run(server.endpoint(), {"get", "1", "-o", format}).exit_code, 0);
    EXPECT_EQ(transcript.Run(server.endpoint(), {"get", "2", "-o", format}).exit_code, 0);
  }
  EXPECT_EQ(transcript.Run(server.endpoint(), {"get", "999"}).exit_code, 3);
  transcript.ExpectGolden("get");
}

TEST(Get, PrintsSeveralInTheOrderOfTheirIds) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  for (const std::string& format : kFormats) {
    EXPECT_EQ(
        transcript.Run(server.endpoint(), {"get", "3", "1", "2", "1", "-o", format}).exit_code, 0);
    EXPECT_EQ(transcript.Run(server.endpoint(), {"get", "1", "--etag", "-o", format}).exit_code, 0);
    EXPECT_EQ(
        transcript.Run(server.endpoint(), {"get", "2", "1", "--etag", "-o", format}).exit_code, 0);
  }
  transcript.Note("some are missing");
  EXPECT_EQ(transcript.Run(server.endpoint(), {"get", "8", "1", "9"}).exit_code, 3);
  EXPECT_EQ(transcript.Run(server.endpoint(), {"get", "8", "9", "-o", "table"}).exit_code, 3);
  for (const int columns : {80, 200}) {
    transcript.Note("at a terminal of " + std::to_string(columns) + " columns");
    EXPECT_EQ(
        transcript
            .Run(server.endpoint(), {"get", "1", "2", "3", "9"}, {.terminal_columns = columns})
            .exit_code,
        3);
  }
  transcript.ExpectGolden("get_many");
}

TEST(Get, OfSeveralEndsAtTheFirstFailureAfterWhatCameBefore) {
  const ScriptedServer server([](const std::string& request) {
    return Asks(request, "GET /products/2") ? ErrorReply(500, "INTERNAL", "internal error")
                                            : FakeCatalog(request);
  });
  // Eight are under way at a time: the ninth is asked for when an answer has been read.
  std::vector<std::string> arguments(8, "1");
  arguments.insert(arguments.begin(), "get");
  arguments.insert(arguments.end(), {"2", "--endpoint", server.endpoint()});
  const RunResult result = RunProductctl(arguments);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out.substr(0, 2), "1\t");
  EXPECT_NE(result.err.find("/products/2: internal error (500 INTERNAL)"), std::string::npos);
}

TEST(Get, JsonIsTheCanonicalBytes) {
  const ScriptedServer server(FakeCatalog);
  const RunResult result =
      RunProductctl({"get", "1", "-o", "json", "--endpoint", server.endpoint()});
  EXPECT_EQ(result.out, kSampleJson);
}

TEST(Get, AtATerminalItIsATableAndErrorsAreColoredUnlessToldOtherwise) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  transcript.Run(server.endpoint(), {"get", "1"}, {.terminal_columns = 80});
  transcript.Run(server.endpoint(), {"get", "999"}, {.terminal_columns = 80});
  transcript.Note("with NO_COLOR=1");
  transcript.Run(server.endpoint(), {"get", "999"},
                 {.environment = {{"NO_COLOR", "1"}}, .terminal_columns = 80});
  transcript.Run(server.endpoint(), {"get", "999", "--no-color"}, {.terminal_columns = 80});
  transcript.ExpectGolden("get_terminal");
}

TEST(Health, TellsHealthAndReadinessApart) {
  struct Row {
    std::string note;
    Reply health;
    Reply readiness;
    int exit_code;
  };
  const Reply ok = JsonReply(200, "{\"status\":\"ok\"}");
  const Reply absent = ErrorReply(404, "NOT_FOUND", "no such path");
  const Reply draining = ErrorReply(503, "UNAVAILABLE", "draining");
  const Row rows[] = {
      {"healthy and ready", ok, ok, 0},
      {"healthy, without /readyz", ok, absent, 0},
      {"healthy, not ready", ok, draining, 1},
      {"not healthy", draining, draining, 1},
      {"not ready, without a reason", ok, JsonReply(503, ""), 1},
      {"not even /health", absent, absent, 1},
      {"something else", JsonReply(200, "hello"), ok, 1},
  };
  Transcript transcript;
  for (const Row& row : rows) {
    const ScriptedServer server([&row](const std::string& request) {
      return Asks(request, "GET /health") ? row.health : row.readiness;
    });
    transcript.Note(row.note);
    for (const std::string& format : kFormats) {
      EXPECT_EQ(transcript.Run(server.endpoint(), {"health", "-o", format}).exit_code,
                row.exit_code)
          << row.note;
    }
  }
  transcript.ExpectGolden("health");
}

TEST(VersionCommand, TellsTheServersVersionWhenItAnswers) {
  Transcript transcript;
  const ScriptedServer server(FakeCatalog);
  for (const std::string& format : kFormats) {
    EXPECT_EQ(transcript.Run(server.endpoint(), {"version", "-o", format}).exit_code, 0);
  }
  transcript.Note("a server without /version");
  const ScriptedServer other(
      [](const std::string&) { return ErrorReply(404, "NOT_FOUND", "no such path"); });
  EXPECT_EQ(transcript.Run(other.endpoint(), {"version"}).exit_code, 0);
  transcript.Note("no server");
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(FindClosedPort());
  EXPECT_EQ(transcript.Run(nowhere, {"version", "-o", "json"}).exit_code, 4);
  EXPECT_EQ(transcript.Run("", {"--version"}).exit_code, 0);
  transcript.ExpectGolden("version");
}

TEST(Terminal, DataIsATableThereAndADumbOneGetsNoEscapeSequences) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"get", "1"}, {"health"}, {"version"}}) {
    EXPECT_EQ(transcript.Run(server.endpoint(), arguments, {.terminal_columns = 80}).exit_code, 0);
  }
  transcript.Note("with TERM=dumb");
  const RunOptions dumb{.environment = {{"TERM", "dumb"}}, .terminal_columns = 80};
  EXPECT_EQ(transcript.Run(server.endpoint(), {"get", "1"}, dumb).exit_code, 0);
  EXPECT_EQ(transcript.Run(server.endpoint(), {"get", "999"}, dumb).exit_code, 3);
  EXPECT_EQ(transcript.Run(server.endpoint(), {"seed", "--count", "3"}, dumb).exit_code, 0);
  transcript.ExpectGolden("terminal");
}

TEST(ClosedStream, IsAFailureAndNeverASocket) {
  // More than a stream's buffer, so that it is written while the connection is still open.
  std::string sku;
  std::string manufacturer;
  for (int i = 0; i < 100; ++i) sku += "\xF0\x9F\x98\x80";
  for (int i = 0; i < 200; ++i) manufacturer += "\xF0\x9F\x98\x80";
  const ScriptedServer server([&](const std::string&) {
    return JsonReply(200, R"({"product_id":1,"sku":")" + sku + R"(","manufacturer":")" +
                              manufacturer + R"(","category_id":1,"weight":1,"some_other_id":1})");
  });
  const std::string command =
      std::string("exec " PRODUCTCTL_BINARY " get 1 --endpoint ") + server.endpoint();
  const RunResult result = test::RunToEnd("/bin/sh", {"-c", command + " >&-"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "productctl: standard output could not be written\n");
  EXPECT_EQ(test::RunToEnd("/bin/sh", {"-c", command + " <&- >&- 2>&-"}).exit_code, 1);
}

}  // namespace
}  // namespace products::cli
