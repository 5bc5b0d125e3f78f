#include "server/config/config_file.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace products {
namespace {

// "path=text@line" of each setting, or the error.
std::string Read(const std::string& text) {
  const Result<std::vector<FileSetting>> settings = ParseConfigFile("p.yaml", text);
  if (!settings.ok()) return settings.error().message;
  std::string all;
  for (const FileSetting& setting : *settings) {
    if (!all.empty()) all += " ";
    all += setting.path + "=" + setting.text + "@" + std::to_string(setting.line);
  }
  return all;
}

TEST(ConfigFile, SettingsKeepTheirTextAndLine) {
  struct Row {
    std::string text;
    std::string expected;
  };
  for (const Row& row : {
           Row{"workers: 2\nhttp:\n  # note\n  listen: \"[::]:80\"\n",
               "workers=2@1 "
               "http.listen=[::]:80@4"},
           Row{"http: {listen: 0.0.0.0:80, backlog: '5'}",
               "http.listen=0.0.0.0:80@1 "
               "http.backlog=5@1"},
           Row{"{\"workers\": 2}", "workers=2@1"},
           Row{"workers: 007", "workers=007@1"},
           Row{"workers: !!int 5", "workers=5@1"},
           Row{"management:\n  listen: \"\"\n", "management.listen=@2"},
           Row{"\xef\xbb\xbfworkers: 1\r\nlog:\r\n  level: info\r\n",
               "workers=1@1 "
               "log.level=info@3"},
           Row{"workers: &n 3\nhttp:\n  backlog: *n\n", "workers=3@1 http.backlog=3@3"},
           Row{"---\nworkers: 1\n...\n", "workers=1@2"},
       }) {
    EXPECT_EQ(Read(row.text), row.expected) << row.text;
  }
}

TEST(ConfigFile, NothingToReadIsNoSetting) {
  for (const char* text : {"", "\n\n", "# all of it\n# is comment\n", "---\n", "~", "null", "{}",
                           "http:\n", "http: {}\n", "http: ~\nlog:\n  # level: info\n"}) {
    EXPECT_EQ(Read(text), "") << text;
  }
}

TEST(ConfigFile, AnErrorNamesFileLineAndKey) {
  struct Row {
    std::string text;
    std::string expected;
  };
  for (const Row& row : {
           Row{"workers: 1\nhttp:\n  listn: x\n",
               "p.yaml:3: \"http.listn\": unknown key; did you mean http.listen?"},
           Row{"\nreplicas: 3\n", "p.yaml:2: \"replicas\": unknown key"},
           Row{"listen: x\n", "p.yaml:1: \"listen\": unknown key; did you mean http.listen?"},
           Row{"<<: {workers: 1}\n", "p.yaml:1: \"<<\": unknown key"},
           Row{"\"\": 1\n", "p.yaml:1: \"\": unknown key"},
           Row{"a\\b\"\xc3\xa4: 1\n", "p.yaml:1: \"a\\b\"\\xc3\\xa4\": unknown key"},
           Row{"http.listen: x\n",
               "p.yaml:1: http.listen: must be written as a section and a key below it"},
           Row{"http: 80\n", "p.yaml:1: http: must be a section of keys"},
           Row{"http:\n  - listen: x\n", "p.yaml:1: http: must be a section of keys"},
           Row{"workers:\n  count: 3\n",
               "p.yaml:1: workers: must be a single value, not a list or section"},
           Row{"http:\n  listen: [::]:80\n",
               "p.yaml:2: not valid YAML: end of map not "
               "found"},
           Row{"http:\n  listen: [a, b]\n",
               "p.yaml:2: http.listen: must be a single value, not a list or section"},
           Row{"http:\n  listen:\n",
               "p.yaml:2: http.listen: has no value; \"\" stands for the empty text"},
           Row{"workers: ~\n", "p.yaml:1: workers: has no value; \"\" stands for the empty text"},
           Row{"workers: 1\nlog:\n  level: info\nworkers: 2\n",
               "p.yaml:4: workers: is here twice; first on line 1"},
           Row{"http:\n  backlog: 1\n  backlog: 1\n",
               "p.yaml:3: http.backlog: is here twice; first on line 2"},
           Row{"http:\n  backlog: 1\nhttp:\n  listen: x\n",
               "p.yaml:3: http: is here twice; first on line 1"},
           Row{"workers: !secret x\n", "p.yaml:1: workers: must have no tag, but has \"!secret\""},
           Row{"[a]: 1\n", "p.yaml:1: a key must be a single word"},
           Row{"- workers\n", "p.yaml:1: must consist of keys and values"},
           Row{"workers\n", "p.yaml:1: must consist of keys and values"},
           Row{"workers: 1\n---\nworkers: 2\n",
               "p.yaml:3: must be one document, but a second one begins"},
           Row{"workers: *none\n",
               "p.yaml:1: not valid YAML: the referenced anchor is not "
               "defined"},
           Row{"workers: 1\n\tlog: 1\n",
               "p.yaml:2: not valid YAML: illegal tab when looking for indentation"},
           Row{std::string(1000, '['), "p.yaml:1: not valid YAML: nested too deeply"},
           Row{"workers: 1\nx: \xff\n", "p.yaml: is not UTF-8 text"},
           Row{std::string("\xff\xfew\0o\0", 6), "p.yaml: is not UTF-8 text"},
           Row{std::string("workers: 1\0", 11), "p.yaml: is not text, for it has a zero byte"},
           Row{std::string(kMaxConfigFileBytes + 1, ' '), "p.yaml: is larger than 1048576 bytes"},
       }) {
    EXPECT_EQ(Read(row.text), row.expected) << row.text.substr(0, 200);
  }
}

std::string Repeated(const std::string& text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

// The text of an alias bomb: `levels` lists of ten aliases to the one before.
std::string AliasBomb(int levels) {
  std::string text = "a0: &a0 [x]\n";
  std::string before = "*a0";
  for (int level = 1; level <= levels; ++level) {
    const std::string name = std::string("a").append(std::to_string(level));
    text.append(name).append(": &").append(name).append(" [");
    text.append(Repeated(before + ", ", 9)).append(before).append("]\n");
    before = std::string("*").append(name);
  }
  return text;
}

TEST(ConfigFile, HostileFilesAreRefusedWithinTheTestsTimeLimit) {
  const std::size_t size = kMaxConfigFileBytes - 100;
  for (const std::string& text : {
           AliasBomb(1000),
           std::string(size, '['),
           std::string(size, '{'),
           Repeated("- ", size / 2),
           Repeated("? ", size / 2),
           Repeated("a: ", size / 3),
           Repeated("a:\n", size / 3),
           Repeated("!", size),
           Repeated("&a ", size / 3),
           Repeated("*a ", size / 3),
           Repeated("[a, ", size / 4),
           Repeated("---\n", size / 4),
           Repeated("a: b\n", size / 5),
           Repeated("\xe2\x80\xa8", size / 3),
           "workers: \"" + std::string(size, 'x'),
           std::string(size, 'k') + ": 1",
       }) {
    EXPECT_TRUE(Read(text).starts_with("p.yaml:")) << text.substr(0, 20);
  }
}

TEST(ConfigFile, AFileThatCannotBeReadSaysWhy) {
  const auto message = [](const std::string& file_name) {
    return ReadConfigFile(file_name).error().message;
  };
  EXPECT_EQ(message("/nonexistent/p.yaml"),
            "/nonexistent/p.yaml: cannot be read: No such file or directory");
  EXPECT_EQ(message("/"), "/: cannot be read: Is a directory");
  EXPECT_EQ(message(""), ": cannot be read: No such file or directory");
  EXPECT_EQ(message("/dev/zero"), "/dev/zero: is larger than 1048576 bytes");
}

}  // namespace
}  // namespace products
