// Every exit code that a command's --help names, but 130, which interrupted_test.cc has.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/fake_metrics.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

using Words = std::vector<std::string>;

// What the server is like that a command gets.
enum class Server { kWorks, kRefuses, kHasNoAdministration, kIsAbsent };

struct Row {
  Words arguments;
  Server server;
  int exit_code;
  std::string input = {};
  std::string out_path = {};
};

Reply Answer(Server server, const std::string& request) {
  if (server == Server::kRefuses) return ErrorReply(403, "FORBIDDEN", "not from here");
  if (server == Server::kWorks && Asks(request, "GET /metrics")) {
    return MetricsReply(RenderFakeMetrics(BusyFigures(0)));
  }
  if (server == Server::kWorks && Asks(request, "POST /admin/backup")) {
    return JsonReply(200, R"({"file":"/b","products":1,"bytes":2,"seconds":0.5})");
  }
  return FakeCatalog(request);
}

// The codes below "exit codes:" of a command's help.
std::set<int> DocumentedCodes(const std::string& command) {
  Words words = {command};
  if (command == "context") words.emplace_back("list");
  words.emplace_back("--help");
  const std::string help = RunProductctl(words).out;
  const std::regex code("\n +([0-9]+)  [a-z]");
  EXPECT_NE(help.find("exit codes:"), std::string::npos) << command;
  const std::string codes = help.substr(std::min(help.size(), help.find("exit codes:")));
  std::set<int> found;
  for (std::sregex_iterator at(codes.begin(), codes.end(), code), end; at != end; ++at) {
    found.insert(std::stoi((*at)[1]));
  }
  found.erase(130);
  return found;
}

std::string MakeProductd(const test::TempDir& directory, const std::string& name, int status) {
  std::string path = directory.File(name);
  test::WriteFile(path, "#!/bin/sh\nexit " + std::to_string(status) + "\n");
  ::chmod(path.c_str(), 0755);
  return path;
}

TEST(ExitCodes, AreThoseThatTheHelpNames) {
  const test::TempDir directory;
  const std::string two_lines = std::string(kSampleJson) + "{}\n";
  const std::string full = "/dev/full";
  const Words put = {"put", "-f", "-"};
  const auto offline = [&](Words command, int status) -> Row {
    command.insert(command.end(), {"--data-dir", "d", "--productd",
                                   MakeProductd(directory, std::to_string(status), status)});
    return {command, Server::kWorks, status};
  };
  using S = Server;
  const std::vector<Row> rows = {
      {{"get", "1"}, S::kWorks, 0},
      {{"get", "1"}, S::kRefuses, 1},
      {{"get", "0"}, S::kWorks, 2},
      {{"get", "1", "9"}, S::kWorks, 3},
      {{"get", "1"}, S::kIsAbsent, 4},
      {{"list"}, S::kWorks, 0},
      {{"list"}, S::kRefuses, 1},
      {{"list", "--limit", "0"}, S::kWorks, 2},
      {{"list"}, S::kIsAbsent, 4},
      {put, S::kWorks, 0, kSampleJson},
      {put, S::kRefuses, 1, kSampleJson},
      {put, S::kWorks, 2, "{"},
      {put, S::kIsAbsent, 4, kSampleJson},
      {{"delete", "1"}, S::kWorks, 0},
      {{"delete", "1"}, S::kRefuses, 1},
      {{"delete"}, S::kWorks, 2},
      {{"delete", "9"}, S::kWorks, 3},
      {{"delete", "1"}, S::kIsAbsent, 4},
      {{"delete", "1", "2"}, S::kRefuses, 5},
      {{"seed", "--count", "6"}, S::kWorks, 0},
      {{"seed"}, S::kRefuses, 1},
      {{"seed", "--count", "0"}, S::kWorks, 2},
      {{"seed"}, S::kIsAbsent, 4},
      {{"seed", "--count", "7"}, S::kWorks, 5},
      {{"import", "-"}, S::kWorks, 0, kSampleJson},
      {{"import", "-"}, S::kRefuses, 1, kSampleJson},
      {{"import", "/nonexistent.ndjson"}, S::kWorks, 2},
      {{"import", "-"}, S::kIsAbsent, 4, kSampleJson},
      {{"import", "-"}, S::kWorks, 5, two_lines},
      {{"export", "-"}, S::kWorks, 0},
      {{"export", "-"}, S::kRefuses, 1},
      {{"export", "-"}, S::kWorks, 1, "", full},
      {{"export", "/nonexistent/a.ndjson"}, S::kWorks, 2},
      {{"export", "-"}, S::kIsAbsent, 4},
      {{"diff", "-"}, S::kWorks, 0, kSampleJson},
      {{"diff", "-"}, S::kRefuses, 1, kSampleJson},
      {{"diff", "/nonexistent.ndjson"}, S::kWorks, 2},
      {{"diff", "-"}, S::kIsAbsent, 4, kSampleJson},
      {{"diff", "-"}, S::kWorks, 5, two_lines},
      {{"health"}, S::kWorks, 0},
      {{"health"}, S::kRefuses, 1},
      {{"health", "--wait", "soon"}, S::kWorks, 2},
      {{"health"}, S::kIsAbsent, 4},
      {{"status", "--interval", "1ms"}, S::kWorks, 0},
      {{"status", "--interval", "1ms"}, S::kRefuses, 1},
      {{"status", "--interval", "0s"}, S::kWorks, 2},
      {{"status"}, S::kIsAbsent, 4},
      {{"top", "--interval", "1ms", "--count", "1"}, S::kWorks, 0},
      {{"top"}, S::kRefuses, 1},
      {{"top", "--count", "x"}, S::kWorks, 2},
      {{"top"}, S::kHasNoAdministration, 3},
      {{"top"}, S::kIsAbsent, 4},
      {{"backup"}, S::kWorks, 0},
      {{"backup"}, S::kRefuses, 1},
      {{"backup", "--wait", "x"}, S::kWorks, 2},
      {{"backup"}, S::kHasNoAdministration, 3},
      {{"backup"}, S::kIsAbsent, 4},
      offline({"verify"}, 0),
      offline({"verify"}, 1),
      offline({"verify"}, 2),
      offline({"restore", "f"}, 0),
      offline({"restore", "f"}, 1),
      offline({"restore", "f"}, 2),
      {{"version"}, S::kWorks, 0},
      {{"version"}, S::kRefuses, 1},
      {{"version", "x"}, S::kWorks, 2},
      {{"version"}, S::kIsAbsent, 4},
      {{"context", "list"}, S::kWorks, 0},
      {{"context", "list", "-o", "table"}, S::kWorks, 1, "", full},
      {{"context", "use", "none"}, S::kWorks, 2},
      {{"completion", "bash"}, S::kWorks, 0},
      {{"completion", "bash"}, S::kWorks, 1, "", full},
      {{"completion", "sh"}, S::kWorks, 2},
      {{"man"}, S::kWorks, 0},
      {{"man"}, S::kWorks, 1, "", full},
      {{"man", "x"}, S::kWorks, 2},
  };
  const std::string config = directory.File("config.yaml");
  test::WriteFile(config, "contexts: {a: {endpoint: \"http://a\"}}\n");
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(FindClosedPort());
  std::map<std::string, std::set<int>> seen;
  for (const Row& row : rows) {
    const ScriptedServer server(
        [&row](const std::string& request) { return Answer(row.server, request); });
    const RunResult result = RunProductctl(
        row.arguments,
        {.environment = {{"PRODUCTCTL_ENDPOINT",
                          row.server == Server::kIsAbsent ? nowhere : server.endpoint()},
                         {"PRODUCTCTL_RETRIES", "0"},
                         {"PRODUCTCTL_CONFIG", config}},
         .input = row.input,
         .out_path = row.out_path});
    EXPECT_EQ(result.exit_code, row.exit_code)
        << testing::PrintToString(row.arguments) << result.err;
    seen[row.arguments[0]].insert(row.exit_code);
  }
  for (const auto& [command, codes] : seen) EXPECT_EQ(codes, DocumentedCodes(command)) << command;
  EXPECT_EQ(seen.size(), 18u);
}

// What a full disk is: the file beside the final one cannot grow.
// The thread sanitizer writes a file of its own before main, at which the limit ends the process.
#ifndef __SANITIZE_THREAD__
TEST(ExitCodes, ExportThatCannotGrowItsFileLeavesNone) {
  const ScriptedServer server(FakeCatalog);
  for (const std::string name : {"a.ndjson", "a.csv", "a.ndjson.gz"}) {
    const test::TempDir directory;
    const RunResult result =
        test::RunToEnd("/bin/sh", {"-c", "ulimit -f 0; exec \"$0\" export \"$1\" --endpoint \"$2\"",
                                   PRODUCTCTL_BINARY, directory.File(name), server.endpoint()});
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_NE(result.err.find("File too large"), std::string::npos) << result.err;
    EXPECT_TRUE(std::filesystem::is_empty(directory.path())) << name;
  }
}
#endif

}  // namespace
}  // namespace products::cli
