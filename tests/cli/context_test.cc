#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

class Context : public testing::Test {
 protected:
  int Run(const std::vector<std::string>& arguments, RunOptions options = {}) {
    options.environment.emplace("XDG_CONFIG_HOME", directory_.path());
    return transcript_.Run("", arguments, options).exit_code;
  }
  std::string FileText() const { return test::ReadFile(path_); }
  void WriteFileText(const std::string& text) const {
    std::filesystem::create_directories(directory_.File("productctl"));
    test::WriteFile(path_, text);
  }

  const test::TempDir directory_;
  const std::string path_ = directory_.File("productctl/config.yaml");
  Transcript transcript_;
};

TEST_F(Context, IsSetUsedListedAndDeleted) {
  EXPECT_EQ(Run({"context", "list", "-o", "table"}), 0);
  EXPECT_EQ(Run({"context", "set", "prod", "--endpoint", "http://10.0.0.7:8080"}), 0);
  EXPECT_EQ(Run({"context", "set", "local-1", "--endpoint", "127.0.0.1:8080", "--timeout", "2s",
                 "--retries", "0", "-o", "json", "--no-color"}),
            0);
  EXPECT_EQ(Run({"context", "use", "prod"}), 0);
  for (const std::string format : {"table", "json", "plain"}) {
    EXPECT_EQ(Run({"context", "list", "-o", format}), 0);
  }
  EXPECT_EQ(Run({"context", "set", "prod", "--timeout", "7s"}, {.terminal_columns = 80}), 0);
  EXPECT_EQ(Run({"context", "list"}, {.terminal_columns = 80}), 0);
  EXPECT_EQ(Run({"context", "list"}, {.terminal_columns = 200}), 0);
  EXPECT_EQ(Run({"context", "use", "local-1"}, {.terminal_columns = 80}), 0);
  EXPECT_EQ(Run({"context", "delete", "local-1"}, {.terminal_columns = 80}), 0);
  EXPECT_EQ(Run({"context", "list", "-o", "plain"}), 0);
  EXPECT_EQ(FileText(),
            "contexts:\n  prod:\n    endpoint: http://10.0.0.7:8080\n    timeout: 7s\n");
  transcript_.ExpectGolden("context");
}

TEST_F(Context, MistakesEndWithTwoAndChangeNothing) {
  EXPECT_EQ(Run({"context", "set", "prod", "--endpoint", "http://h"}), 0);
  const std::string before = FileText();
  const std::vector<std::vector<std::string>> rows = {
      {"context"},
      {"context", "lst"},
      {"context", "use"},
      {"context", "use", "prdo"},
      {"context", "delete", "other"},
      {"context", "set", "prod"},
      {"context", "set", "new", "--timeout", "5s"},
      {"context", "set", "new", "--endpoint", "ftp://h"},
      {"context", "set", "a b", "--endpoint", "http://h"},
      {"context", "set", "", "--endpoint", "http://h"},
      {"context", "list", "x"},
      {"get", "1", "--context", "prdo"},
  };
  for (const std::vector<std::string>& row : rows) {
    EXPECT_EQ(Run(row), 2) << testing::PrintToString(row);
  }
  EXPECT_EQ(Run({"get", "1"}, {.environment = {{"PRODUCTCTL_CONTEXT", "prdo"}}}), 2);
  EXPECT_EQ(FileText(), before);
  transcript_.ExpectGolden("context_errors");
}

TEST_F(Context, SendsTheRequestToItsServer) {
  const ScriptedServer server(FakeCatalog);
  const std::string other = "http://127.0.0.1:" + std::to_string(FindClosedPort());
  WriteFileText("endpoint: " + other + "\nretries: 0\ncurrent_context: here\ncontexts:\n  here:\n" +
                "    endpoint: " + server.endpoint() + "\n  away: {endpoint: \"" + other + "\"}\n");
  EXPECT_EQ(Run({"get", "1"}), 0);
  EXPECT_EQ(Run({"get", "1", "--context", "away"}), 4);
  EXPECT_EQ(Run({"get", "1"}, {.environment = {{"PRODUCTCTL_CONTEXT", "away"}}}), 4);
  EXPECT_EQ(Run({"get", "1"}, {.environment = {{"PRODUCTCTL_ENDPOINT", other}}}), 4);
  EXPECT_EQ(
      Run({"get", "1", "--context", "here"}, {.environment = {{"PRODUCTCTL_ENDPOINT", other}}}), 0);
  EXPECT_EQ(Run({"get", "1", "--context", "away", "--endpoint", server.endpoint()}), 0);
}

TEST_F(Context, FileIsPrivateReplacedWholeAndKeepsItsOtherKeys) {
  WriteFileText("# lost\noutput: \"json\"\ntimeout: 3s\n");
  ::chmod(path_.c_str(), 0644);
  const std::string link = directory_.File("link.yaml");
  std::filesystem::create_symlink(path_, link);
  EXPECT_EQ(Run({"context", "set", "a", "--endpoint", "http://h", "--config", link}), 0);
  EXPECT_EQ(Run({"context", "use", "a", "--config", link}), 0);
  EXPECT_EQ(FileText(),
            "output: json\ntimeout: 3s\ncontexts:\n  a:\n    endpoint: http://h\n"
            "current_context: a\n");
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  int files = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(directory_.File("productctl"))) {
    ++files;
  }
  EXPECT_EQ(files, 1);
}

TEST_F(Context, ThatIsGoneCanBeReplacedByAnother) {
  WriteFileText("current_context: gone\ncontexts:\n  a:\n    endpoint: http://h\n");
  EXPECT_EQ(Run({"get", "1"}), 2);
  EXPECT_EQ(Run({"context", "list"}), 0);
  EXPECT_EQ(Run({"context", "use", "a"}), 0);
}

TEST_F(Context, InAFolderThatCannotBeWrittenIsAFailureThatSaysSo) {
  const RunResult result = RunProductctl(
      {"context", "set", "a", "--endpoint", "http://h", "--config", "/proc/nowhere/config.yaml"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err.find("productctl: cannot write /proc/nowhere/config.yaml"), 0u)
      << result.err;
}

}  // namespace
}  // namespace products::cli
