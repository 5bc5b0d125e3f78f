// The scripts that complete productctl, in the real shells, and its manual page as groff shows it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/golden.h"
#include "tests/cli/golden_text.h"
#include "tests/cli/terminal_session.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

using Words = std::vector<std::string>;

std::string ProgramFolder() {
  return std::filesystem::path(PRODUCTCTL_BINARY).parent_path().string();
}

std::map<std::string, std::string> ShellEnvironment(const test::TempDir& home) {
  return {{"PATH", ProgramFolder() + ":/usr/bin:/bin"},
          {"HOME", home.path()},
          {"TERM", "dumb"},
          {"LANG", "C.UTF-8"}};
}

struct Row {
  Words words;  // behind "productctl"; the last is completed
  Words expected;
};

// Runs in a folder with a file "products.mdb" and a folder "restored", and nothing else; the
// settings have three contexts.
const Row kRows[] = {
    {{"heal"}, {"health"}},
    {{"ve"}, {"verify", "version"}},
    {{"zzz"}, {}},
    {{"-o", ""}, {"json", "plain", "table"}},
    {{"-o", "j"}, {"json"}},
    {{"get", "1", "--output", "t"}, {"table"}},
    {{"get", ""}, {}},
    {{"--endpoint", "seed", "stat"}, {"status"}},
    {{"seed", "--co"}, {"--concurrency", "--config", "--context", "--count"}},
    {{"seed", "--count", "5", "--if"}, {"--if-empty"}},
    {{"status", "--in"}, {"--interval"}},
    {{"get", "--in"}, {}},
    {{"completion", ""}, {"bash", "fish", "zsh"}},
    {{"completion", "z"}, {"zsh"}},
    {{"restore", "p"}, {"products.mdb"}},
    {{"verify", "--data-dir", "r"}, {"restored"}},
    {{"verify", "--data-dir", "p"}, {}},
    {{"put", "--file", "p"}, {"products.mdb"}},
    {{"--context", ""}, {"local", "prod-1", "prod-2"}},
    {{"get", "--context", "prod"}, {"prod-1", "prod-2"}},
    {{"context", "use", ""}, {"local", "prod-1", "prod-2"}},
    {{"context", "delete", "l"}, {"local"}},
};

class Completion : public testing::Test {
 protected:
  Completion() {
    test::WriteFile(folder_.File("products.mdb"), "x");
    std::filesystem::create_directory(folder_.File("restored"));
    std::filesystem::create_directories(home_.File(".config/productctl"));
    test::WriteFile(home_.File(".config/productctl/config.yaml"),
                    "current_context: gone\ncontexts:\n  prod-1: {endpoint: \"http://a\"}\n"
                    "  local: {endpoint: \"http://b\"}\n  prod-2: {endpoint: \"http://c\"}\n");
  }

  test::TempDir home_;
  test::TempDir folder_;
};

Words SortedLines(const std::string& text) {
  Words lines;
  std::istringstream rest(text);
  for (std::string line; std::getline(rest, line);) {
    line = line.substr(0, line.find('\t'));
    if (line.ends_with('/')) line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST_F(Completion, OfBash) {
  const auto complete = [this](const Words& words) {
    std::string script =
        "source <(productctl completion bash); cd '" + folder_.path() + "'; COMP_WORDS=(productctl";
    for (const std::string& word : words) script += " '" + word + "'";
    script += "); COMP_CWORD=" + std::to_string(words.size()) +
              "; _productctl; printf '%s\\n' \"${COMPREPLY[@]}\"";
    const RunResult result = test::RunToEnd("/bin/bash", {"--norc", "-c", script},
                                            {.environment = ShellEnvironment(home_)});
    EXPECT_EQ(result.err, "");
    return SortedLines(result.out);
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(complete(row.words), row.expected) << testing::PrintToString(row.words);
  }
  EXPECT_EQ(complete({"--output", "=", "j"}), Words{"json"});
  EXPECT_EQ(complete({"--output", "="}), (Words{"json", "plain", "table"}));
  EXPECT_EQ(complete({"--context", "=", "l"}), Words{"local"});
}

TEST_F(Completion, OfFish) {
  for (const Row& row : kRows) {
    std::string line = "productctl";
    for (const std::string& word : row.words) line += " " + word;
    const RunResult result = test::RunToEnd("/usr/bin/fish",
                                            {"--no-config", "-c",
                                             "productctl completion fish | source; cd " +
                                                 folder_.path() + "; complete -C '" + line + "'"},
                                            {.environment = ShellEnvironment(home_)});
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(SortedLines(result.out), row.expected) << line;
  }
}

TEST_F(Completion, OfZsh) {
  const std::string lines = home_.File("lines");
  TerminalSession session("/usr/bin/zsh", {"-f", "-i"}, ShellEnvironment(home_), 200, 50);
  session.Type("autoload -Uz compinit; compinit -u -D; source <(productctl completion zsh); cd " +
               folder_.path() + "\n");
  // What the line has become goes to a file, and the line is emptied.
  session.Type("dump() { print -r -- \"$BUFFER\" >> " + lines +
               "; BUFFER=; }; zle -N dump; bindkey '^X' dump; print -r -- rea''dy\n");
  ASSERT_TRUE(session.ReadUntil([&] {
    return session.received().find("ready\r\n") != std::string::npos;
  })) << session.received();
  struct TypedRow {
    std::string typed;
    std::string expected;
  };
  const TypedRow rows[] = {
      {"productctl heal\t", "productctl health "},
      {"productctl -o j\t", "productctl -o json "},
      {"productctl --output=j\t", "productctl --output=json "},
      {"productctl --endpoint seed stat\t", "productctl --endpoint seed status "},
      {"productctl seed --cou\t", "productctl seed --count "},
      {"productctl seed --count 5 --if\t", "productctl seed --count 5 --if-empty "},
      {"productctl get --in\t", "productctl get --in"},
      {"productctl completion z\t", "productctl completion zsh "},
      {"productctl restore p\t", "productctl restore products.mdb "},
      {"productctl verify --data-dir r\t", "productctl verify --data-dir restored/"},
      {"productctl verify --data-dir p\t", "productctl verify --data-dir p"},
      {"productctl --context l\t", "productctl --context local "},
      {"productctl --context=l\t", "productctl --context=local "},
      {"productctl context use p\t", "productctl context use prod-"},
      {"productctl context delete l\t", "productctl context delete local "},
  };
  std::string expected;
  for (const TypedRow& row : rows) {
    session.Type(row.typed + "\x18");
    expected += row.expected + "\n";
    EXPECT_TRUE(session.ReadUntil([&] { return test::ReadFile(lines).size() >= expected.size(); }))
        << row.typed;
  }
  EXPECT_EQ(test::ReadFile(lines), expected) << session.received();
}

TEST(CompletionCommand, DoesNotCareWhatTheSettingsSay) {
  const test::TempDir directory;
  test::WriteFile(directory.File("broken.yaml"), "endpoint: [\n");
  for (const Words& command : {Words{"completion", "bash"}, Words{"man"}}) {
    const RunResult result = RunProductctl(
        command, {.environment = {{"PRODUCTCTL_CONFIG", directory.File("broken.yaml")}}});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_NE(result.out, "");
  }
}

TEST(CompletionCommand, OtherShellsAreAMistake) {
  Transcript transcript;
  EXPECT_EQ(transcript.Run("", {"completion", "tcsh"}).exit_code, 2);
  EXPECT_EQ(transcript.Run("", {"completion"}).exit_code, 2);
  transcript.ExpectGolden("completion_mistakes");
}

TEST(ManualPage, IsShownWithoutWarnings) {
  const RunResult roff = RunProductctl({"man"});
  EXPECT_EQ(roff.exit_code, 0);
  const RunResult shown =
      test::RunToEnd("/usr/bin/groff", {"-ww", "-man", "-Tascii", "-P-cbou", "-rLL=80n"},
                     {.environment = {{"PATH", "/usr/bin:/bin"}}, .input = roff.out});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_EQ(shown.err, "");
  ExpectGoldenText("man", shown.out);
}

}  // namespace
}  // namespace products::cli
