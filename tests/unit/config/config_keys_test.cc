#include "server/config/config_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

#include "server/config/config_names.h"

namespace products {
namespace {

using std::chrono::milliseconds;

Status Set(Config& config, std::string_view path, std::string_view text) {
  return FindConfigKey(path)->set(config, text);
}

TEST(ConfigKeys, EveryKeyHasItsOwnPathEnvironmentNameAndFlag) {
  std::set<std::string> paths;
  std::set<std::string> environment_names;
  std::set<std::string> flags;
  for (const ConfigKey& key : ConfigKeys()) {
    EXPECT_TRUE(paths.insert(key.path).second) << key.path;
    EXPECT_TRUE(environment_names.insert(EnvironmentName(key.path)).second) << key.path;
    EXPECT_TRUE(flags.insert(FlagName(key.path)).second) << key.path;
  }
}

TEST(ConfigKeys, EveryKeyIsDescribedAndItsUnitIsTheEndOfItsName) {
  for (const ConfigKey& key : ConfigKeys()) {
    EXPECT_TRUE(key.meaning.ends_with('.')) << key.path;
    EXPECT_FALSE(key.accepted.empty()) << key.path;
    EXPECT_EQ(key.unit == "milliseconds", key.path.ends_with("_ms")) << key.path;
    EXPECT_EQ(key.unit == "bytes", key.path.ends_with("_bytes")) << key.path;
  }
}

TEST(ConfigKeys, KeysOfASectionAreNeighbours) {
  std::set<std::string> seen;
  std::string current;
  for (const ConfigKey& key : ConfigKeys()) {
    const std::string section = key.path.substr(0, key.path.find('.'));
    if (section == current) continue;
    EXPECT_TRUE(seen.insert(section).second) << key.path;
    current = section;
  }
}

TEST(ConfigKeys, EveryDefaultPassesItsOwnCheck) {
  for (const ConfigKey& key : ConfigKeys()) {
    Config config;
    const std::string text = key.get(config);
    EXPECT_TRUE(key.set(config, text).ok()) << key.path << ": " << text;
    EXPECT_EQ(key.get(config), text) << key.path;
  }
}

TEST(ConfigKeys, EverySetterChangesItsOwnMemberOnly) {
  for (const ConfigKey& key : ConfigKeys()) {
    Config config;
    bool changed = false;
    for (const char* text : {"7", "100", "5000", "70000", "2000000", "127.0.0.1:9999", "/var/lib",
                             "https://a.example", "true", "json", "debug"}) {
      if (key.set(config, text).ok() && key.get(config) != key.get(Config())) {
        changed = true;
        EXPECT_EQ(key.get(config), text) << key.path;
        break;
      }
    }
    EXPECT_TRUE(changed || key.path == "storage.engine") << key.path;
    for (const ConfigKey& other : ConfigKeys()) {
      if (other.path != key.path) {
        EXPECT_EQ(other.get(config), other.get(Config())) << key.path << " " << other.path;
      }
    }
  }
}

TEST(ConfigKeys, NumbersAreStrictAndBounded) {
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.0", "1e3", "0x10", "1_000", "75s",
                           "86400001", "99999999999999999999"}) {
    Config config;
    const Status status = Set(config, "http.idle_timeout_ms", text);
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_EQ(status.error().message, "a whole number from 1 to 86400000");
    EXPECT_EQ(config.http.idle_timeout, Config().http.idle_timeout);
  }
  Config config;
  EXPECT_TRUE(Set(config, "http.idle_timeout_ms", "86400000").ok());
  EXPECT_EQ(config.http.idle_timeout, milliseconds(86'400'000));
}

TEST(ConfigKeys, ASwitchIsTrueOrFalseAndNothingThatMightMeanIt) {
  Config config;
  EXPECT_TRUE(Set(config, "http.read_only", "true").ok());
  EXPECT_TRUE(config.http.read_only);
  for (const char* text : {"", "yes", "True", "TRUE", "1", "0", "on", " true", "false "}) {
    const Status status = Set(config, "http.read_only", text);
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_EQ(status.error().message, "true or false");
  }
  EXPECT_TRUE(config.http.read_only);
  EXPECT_TRUE(Set(config, "http.read_only", "false").ok());
  EXPECT_FALSE(config.http.read_only);
}

TEST(ConfigKeys, AnOriginMustNotBeAbleToEndTheHeader) {
  Config config;
  for (const char* text : {"", "*", "https://shop.example.com", "http://localhost:3000"}) {
    EXPECT_TRUE(Set(config, "http.cors_allow_origin", text).ok()) << text;
  }
  for (const char* text :
       {"https://a\r\nSet-Cookie: b", "shop.example.com", "https://", "://a", "https://a/",
        "https://a, https://b", "https://a b", "https://\xc3\xa4", "**"}) {
    EXPECT_FALSE(Set(config, "http.cors_allow_origin", text).ok()) << text;
  }
}

TEST(ConfigKeys, ADataDirectoryIsPrintableText) {
  Config config;
  EXPECT_TRUE(Set(config, "storage.data_dir",
                  "/srv/m\xc3\xb6"
                  "bel \"1\"")
                  .ok());
  EXPECT_FALSE(Set(config, "storage.data_dir", "").ok());
  EXPECT_FALSE(Set(config, "storage.data_dir", "/a\nb").ok());
  EXPECT_FALSE(Set(config, "storage.data_dir", std::string_view("/a\0b", 4)).ok());
  EXPECT_FALSE(Set(config, "storage.data_dir", "/a\xff").ok());
}

TEST(ConfigKeys, AnEngineThatDoesNotExistIsRefusedWithThoseThatDo) {
  for (const char* text : {"lmdbx", "postgres", "Memory", ""}) {
    Config config;
    const Status status = Set(config, "storage.engine", text);
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_EQ(status.error().message, "an engine of this version: memory, lmdb");
  }
}

TEST(ConfigKeys, SectionsAreKnownByTheirKeys) {
  EXPECT_TRUE(IsConfigSection("http"));
  EXPECT_TRUE(IsConfigSection("management"));
  EXPECT_FALSE(IsConfigSection("htt"));
  EXPECT_FALSE(IsConfigSection("workers"));
  EXPECT_FALSE(IsConfigSection("http.listen"));
  EXPECT_FALSE(IsConfigSection(""));
}

// A limit that does not reload would be found out in the night it is needed.
TEST(ConfigKeys, LimitsTimeoutsReadOnlyAndTheLogLevelReloadAndNothingElse) {
  std::vector<std::string> reloadable;
  for (const ConfigKey& key : ConfigKeys()) {
    if (key.reload == Reload::kOnSighup) reloadable.push_back(key.path);
  }
  EXPECT_THAT(
      reloadable,
      testing::ElementsAre("http.max_connections", "http.max_header_bytes", "http.max_target_bytes",
                           "http.max_body_bytes", "http.max_batch_streams", "http.max_unsent_bytes",
                           "http.header_timeout_ms", "http.body_timeout_ms", "http.idle_timeout_ms",
                           "http.write_timeout_ms", "http.read_only", "log.level"));
}

TEST(CompareConfig, TellsWhatReloadsFromWhatNeedsARestart) {
  Config loaded;
  loaded.log.level = LogLevel::kDebug;
  loaded.http.idle_timeout = milliseconds(1);
  loaded.http.max_body_bytes = 128;
  loaded.http.listen = "127.0.0.1:1";
  loaded.workers = 3;
  const ConfigDifference difference = CompareConfig(Config(), loaded);
  EXPECT_THAT(difference.reloadable,
              testing::ElementsAre("http.max_body_bytes", "http.idle_timeout_ms", "log.level"));
  EXPECT_THAT(difference.needs_restart, testing::ElementsAre("workers", "http.listen"));

  const Config reloaded = WithReloadableKeys(Config(), loaded);
  EXPECT_EQ(reloaded.log.level, LogLevel::kDebug);
  EXPECT_EQ(reloaded.http.idle_timeout, milliseconds(1));
  EXPECT_EQ(reloaded.http.listen, Config().http.listen);
  EXPECT_EQ(reloaded.workers, 0);
  EXPECT_TRUE(CompareConfig(reloaded, loaded).reloadable.empty());
}

}  // namespace
}  // namespace products
