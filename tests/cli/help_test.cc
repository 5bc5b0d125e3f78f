#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"

namespace products::cli {
namespace {

TEST(Help, EveryCommandHasOneThatFitsEightyColumns) {
  const std::vector<std::vector<std::string>> commands = {{},
                                                          {"get"},
                                                          {"list"},
                                                          {"put"},
                                                          {"delete"},
                                                          {"seed"},
                                                          {"import"},
                                                          {"export"},
                                                          {"diff"},
                                                          {"health"},
                                                          {"status"},
                                                          {"top"},
                                                          {"backup"},
                                                          {"verify"},
                                                          {"restore"},
                                                          {"completion"},
                                                          {"man"},
                                                          {"version"},
                                                          {"context"},
                                                          {"context", "list"},
                                                          {"context", "use"},
                                                          {"context", "set"},
                                                          {"context", "delete"}};
  for (const std::vector<std::string>& command : commands) {
    std::vector<std::string> arguments = command;
    arguments.push_back("--help");
    Transcript transcript;
    const RunResult result = transcript.Run("", arguments);
    EXPECT_EQ(result.exit_code, 0);
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
    std::string name = "help";
    for (const std::string& word : command) name += "_" + word;
    transcript.ExpectGolden(name);
  }
}

TEST(Help, AnswersWithoutAServerOrSettings) {
  // The file of settings is broken; help is what one asks for then.
  const RunResult result =
      RunProductctl({"get", "--help"}, {.environment = {{"PRODUCTCTL_CONFIG", "/nonexistent"}}});
  EXPECT_EQ(result.exit_code, 0);
}

TEST(Usage, MistakesEndWithTwoAndSaySo) {
  Transcript transcript;
  const std::vector<std::vector<std::string>> rows = {
      {},
      {"gte", "1"},
      {"restart"},
      {"get"},
      {"get", "abc"},
      {"get", "0"},
      {"get", "-1"},
      {"get", "2147483648"},
      {"get", "0x10"},
      {"health", "2"},
      {"get", "1", "2", "x"},
      {"get", "1", "--retries", "-1"},
      {"get", "1", "--retries", "101"},
      {"get", "1", "--outptu", "json"},
      {"get", "1", "--outptu=json"},
      {"get", "1", "-o"},
      {"get", "1", "-o", "json", "-o", "table"},
      {"get", "1", "-o", "yaml"},
      {"get", "1", "-x"},
      {"get", "1", "--timeout", "5"},
      {"get", "1", "--endpoint", "ftp://h"},
      {"get", "1", "--endpoint", "http://"},
      {"get", "1", "--endpoint", "http://user:secret@h"},
      {"get", "1", "--endpoint", "http://h/?a=b"},
      {"get", "1", "--endpoint", "http://h:99999"},
      {"get", "1", "--config", "/nonexistent.yaml"},
      {"put"},
      {"put", "1", "--sku", "A"},
      {"put", "1", "--weight", "1.5"},
      {"put", "1", "-f", "-", "--if-match", "a", "--create-only"},
      {"put", "1", "-f", "-", "--if-match", "a b"},
      {"list", "--columns", "product_id,skuu"},
      {"list", "--columns", "sku,sku"},
      {"list", "--columns", ""},
      {"list", "--limit", "0"},
      {"list", "--limit", "5", "--all"},
      {"list", "1"},
      {"delete", "1", "x"},
      {"seed", "--count", "0"},
      {"seed", "--count", "1e3"},
      {"seed", "--conut", "5"},
      {"seed", "--rate", "-1"},
      {"seed", "--rate", "fast"},
      {"seed", "--concurrency", "5000"},
      {"seed", "--start", "2147483647", "--count", "2"},
      {"seed", "--mode", "fast"},
      {"seed", "--mode", "batch", "--rate", "5"},
      {"export"},
      {"export", "products.txt"},
      {"export", "products.gz", "--format", "xml"},
      {"export", "/nonexistent/products.ndjson"},
      {"import"},
      {"import", "/nonexistent.ndjson"},
      {"import", "/tmp", "--format", "csv"},
      {"import", "-", "--resume"},
      {"import", "-", "--dry-run", "--rejects", "/nonexistent/rejects"},
      {"diff", "/nonexistent.csv"},
      {"get", "1", "a\x1b[31mb"},
  };
  for (const std::vector<std::string>& row : rows) {
    EXPECT_EQ(transcript.Run("", row).exit_code, 2) << testing::PrintToString(row);
  }
  transcript.ExpectGolden("usage_errors");
}

TEST(Usage, WrongEnvironmentEndsWithTwo) {
  Transcript transcript;
  EXPECT_EQ(
      transcript.Run("", {"get", "1"}, {.environment = {{"PRODUCTCTL_OUTPUT", "x"}}}).exit_code, 2);
  EXPECT_EQ(transcript.Run("", {"get", "1"}, {.environment = {{"PRODUCTCTL_ENDPOINT", "ftp://h"}}})
                .exit_code,
            2);
  transcript.ExpectGolden("environment_errors");
}

TEST(Usage, FlagsOfEveryCommandMayStandAnywhere) {
  const ScriptedServer server(
      [](const std::string&) { return JsonReply(200, "{\"status\":\"ok\"}"); });
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"-o", "json", "health"}, {"health", "-o", "json"}, {"health", "--output=json"}}) {
    const RunResult result =
        RunProductctl(arguments, {.environment = {{"PRODUCTCTL_ENDPOINT", server.endpoint()}}});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out[0], '{');
  }
}

TEST(Usage, FullDiskBehindStandardOutputIsAFailure) {
  const RunResult result = RunProductctl({"--help"}, {.out_path = "/dev/full"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "productctl: standard output could not be written\n");
}

}  // namespace
}  // namespace products::cli
