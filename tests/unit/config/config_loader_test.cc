#include "server/config/config_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>

namespace products {
namespace {

using std::chrono::milliseconds;

// A file of the test's own, gone afterwards.
class TempFile {
 public:
  explicit TempFile(const std::string& text) {
    path_ = testing::TempDir() + "productd-config-XXXXXX";
    const int descriptor = mkstemp(path_.data());
    EXPECT_GE(descriptor, 0);
    EXPECT_EQ(write(descriptor, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(descriptor);
  }
  ~TempFile() { unlink(path_.c_str()); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string MessageOf(const ConfigSources& sources) {
  const Result<LoadedConfig> loaded = LoadConfig(sources);
  return loaded.ok() ? "no error" : loaded.error().message;
}

TEST(LoadConfig, WithoutSourcesEverythingHasItsDefault) {
  const Result<LoadedConfig> loaded = LoadConfig({});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->config.http.listen, "0.0.0.0:8080");
  EXPECT_EQ(loaded->config.storage.engine, StorageEngine::kLmdb);
  EXPECT_EQ(loaded->config.drain.timeout, milliseconds(25'000));
  EXPECT_TRUE(loaded->warnings.empty());
}

TEST(LoadConfig, FlagsBeatTheEnvironmentAndThatTheFile) {
  const TempFile file("workers: 1\nhttp: {listen: '1.1.1.1:1', backlog: 10}\nlog: {level: error}");
  ConfigSources sources;
  sources.file = file.path();
  sources.environment = {{"PRODUCTD_HTTP_LISTEN", "2.2.2.2:2"}, {"PRODUCTD_HTTP_BACKLOG", "20"}};
  sources.flags = {{"http.listen", "9.9.9.9:9"}, {"http.listen", "3.3.3.3:3"}};
  const Result<LoadedConfig> loaded = LoadConfig(sources);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->config.http.listen, "3.3.3.3:3");
  EXPECT_EQ(loaded->config.http.backlog, 20);
  EXPECT_EQ(loaded->config.workers, 1);
  EXPECT_EQ(loaded->config.log.level, LogLevel::kError);
  EXPECT_EQ(loaded->config.log.format, LogFormat::kText);
}

TEST(LoadConfig, TheEnvironmentMayNameTheFileAndAFlagAnother) {
  const TempFile named_by_environment("workers: 1");
  const TempFile named_by_flag("workers: 2");
  ConfigSources sources;
  sources.environment = {{"PRODUCTD_CONFIG", named_by_environment.path()}};
  EXPECT_EQ(LoadConfig(sources)->config.workers, 1);
  sources.file = named_by_flag.path();
  EXPECT_EQ(LoadConfig(sources)->config.workers, 2);
  sources.file = "/nonexistent.yaml";
  EXPECT_EQ(MessageOf(sources), "/nonexistent.yaml: cannot be read: No such file or directory");
}

TEST(LoadConfig, AFileWithoutANameIsRefusedByWhatShouldNameIt) {
  ConfigSources sources;
  sources.environment["PRODUCTD_CONFIG"] = "";
  EXPECT_EQ(LoadConfig(sources).error().message,
            "PRODUCTD_CONFIG: must be the name of a file, not \"\"");
  sources.file = "";
  EXPECT_EQ(LoadConfig(sources).error().message, "--config: must be the name of a file, not \"\"");
}

TEST(LoadConfig, AWrongValueNamesWhereItCameFrom) {
  const TempFile file("log:\n  level: info\nhttp:\n  idle_timeout_ms: 75s\n");
  ConfigSources sources;
  sources.file = file.path();
  EXPECT_EQ(MessageOf(sources), file.path() +
                                    ":4: http.idle_timeout_ms: must be a whole number from 1 to "
                                    "86400000, not \"75s\"");
  sources = {};
  sources.environment = {{"PRODUCTD_WORKERS", "many"}};
  EXPECT_EQ(MessageOf(sources),
            "PRODUCTD_WORKERS: must be a whole number from 0 to 255, not \"many\"");
  sources.environment = {{"PRODUCTD_WORKERS", ""}};
  EXPECT_EQ(MessageOf(sources), "PRODUCTD_WORKERS: must be a whole number from 0 to 255, not \"\"");
  sources = {};
  sources.flags = {{"log.level", "trace"}};
  EXPECT_EQ(MessageOf(sources),
            "--log-level: must be debug, info, warning or error, not \"trace\"");
  sources.flags = {{"storage.engine", "lmdbx"}};
  EXPECT_EQ(MessageOf(sources),
            "--storage-engine: must be an engine of this version: memory, lmdb, not \"lmdbx\"");
  sources.flags = {{"http.listn", "x"}};
  EXPECT_EQ(MessageOf(sources), "\"--http-listn\": unknown flag; did you mean --http-listen?");
}

TEST(LoadConfig, AValueThatAStrongerSourceReplacesMustStillBeRight) {
  const TempFile file("workers: x");
  ConfigSources sources;
  sources.file = file.path();
  sources.flags = {{"workers", "2"}};
  EXPECT_THAT(MessageOf(sources), testing::HasSubstr(":1: workers: must be"));
}

TEST(LoadConfig, AnEmptyVariableIsAValue) {
  const TempFile file("management: {listen: '0.0.0.0:9090'}");
  ConfigSources sources;
  sources.file = file.path();
  EXPECT_EQ(LoadConfig(sources)->config.management.listen, "0.0.0.0:9090");
  sources.environment = {{"PRODUCTD_MANAGEMENT_LISTEN", ""}};
  EXPECT_EQ(LoadConfig(sources)->config.management.listen, "");
}

TEST(LoadConfig, ServiceLinksOfKubernetesArePassedOverInSilence) {
  // What a pod sees beside Services productd (ports http and metrics) and productd-http.
  ConfigSources sources;
  sources.environment = {
      {"PRODUCTD_SERVICE_HOST", "10.96.0.7"},
      {"PRODUCTD_SERVICE_PORT", "8080"},
      {"PRODUCTD_SERVICE_PORT_HTTP", "8080"},
      {"PRODUCTD_SERVICE_PORT_METRICS", "9090"},
      {"PRODUCTD_PORT", "tcp://10.96.0.7:8080"},
      {"PRODUCTD_PORT_8080_TCP", "tcp://10.96.0.7:8080"},
      {"PRODUCTD_PORT_8080_TCP_ADDR", "10.96.0.7"},
      {"PRODUCTD_PORT_8080_TCP_PORT", "8080"},
      {"PRODUCTD_PORT_8080_TCP_PROTO", "tcp"},
      {"PRODUCTD_PORT_53_UDP_ADDR", "10.96.0.7"},
      {"PRODUCTD_HTTP_SERVICE_HOST", "10.96.0.8"},
      {"PRODUCTD_HTTP_PORT", "tcp://10.96.0.8:80"},
      {"PRODUCTD_HTTP_PORT_80_TCP_ADDR", "10.96.0.8"},
      {"PRODUCTD_COMMIT", "abc"},
      {"PATH", "/bin"},
      {"HTTP_LISTEN", "x"},
  };
  const Result<LoadedConfig> loaded = LoadConfig(sources);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_THAT(loaded->warnings, testing::IsEmpty());
}

TEST(LoadConfig, AVariableThatLooksLikeAKeyIsAnError) {
  ConfigSources sources;
  sources.environment = {{"PRODUCTD_HTTP_LISTN", "x"}};
  EXPECT_EQ(MessageOf(sources),
            "\"PRODUCTD_HTTP_LISTN\" in the environment: unknown key; did you mean "
            "PRODUCTD_HTTP_LISTEN?");
  sources.environment = {{"PRODUCTD_STORAGE_ENCRYPTION_AT_REST", "on"}};
  EXPECT_EQ(MessageOf(sources),
            "\"PRODUCTD_STORAGE_ENCRYPTION_AT_REST\" in the environment: unknown key");
}

TEST(LoadConfig, AnotherVariableOfThePrefixIsAWarning) {
  ConfigSources sources;
  sources.environment = {{"PRODUCTD_OWNERS", "team-red"}, {"PRODUCTD_PORT", "8080"}};
  const Result<LoadedConfig> loaded = LoadConfig(sources);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_THAT(loaded->warnings,
              testing::ElementsAre("\"PRODUCTD_OWNERS\" in the environment: unknown key, ignored",
                                   "\"PRODUCTD_PORT\" in the environment: unknown key, ignored"));
}

TEST(LoadConfig, RulesBetweenKeysAreChecked) {
  ConfigSources sources;
  sources.flags = {{"drain.timeout_ms", "500"}};
  EXPECT_EQ(MessageOf(sources), "drain.idle_ms: must be at most drain.timeout_ms (500), not 1000");
  sources.flags = {{"drain.timeout_ms", "500"}, {"drain.idle_ms", "500"}};
  EXPECT_EQ(MessageOf(sources), "no error");
  sources.flags = {{"http.max_header_bytes", "8191"}};
  EXPECT_EQ(MessageOf(sources), "no error") << "the target is no part of the header fields";
  sources.flags = {{"commit.max_queue_bytes", "1000000"}};
  EXPECT_EQ(MessageOf(sources),
            "commit.max_batch_bytes: must be at most commit.max_queue_bytes (1000000), not "
            "1048576");
  sources.flags = {{"management.listen", "0.0.0.0:8080"}};
  EXPECT_EQ(MessageOf(sources),
            "management.listen: must differ from http.listen (0.0.0.0:8080); empty serves both on "
            "one");
  sources.flags = {{"management.listen", "0.0.0.0:0"}, {"http.listen", "0.0.0.0:0"}};
  EXPECT_EQ(MessageOf(sources), "no error");
}

TEST(ReadEnvironment, TakesOurVariablesOnly) {
  setenv("PRODUCTD_WORKERS", "3=3", 1);
  const auto variables = ReadEnvironment();
  unsetenv("PRODUCTD_WORKERS");
  EXPECT_THAT(variables, testing::Contains(testing::Pair("PRODUCTD_WORKERS", "3=3")));
  EXPECT_FALSE(variables.contains("PATH"));
}

}  // namespace
}  // namespace products
