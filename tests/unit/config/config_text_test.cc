#include "server/config/config_text.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include "server/config/config_file.h"
#include "server/config/config_keys.h"
#include "server/config/config_loader.h"

namespace products {
namespace {

Config Load(const std::string& text) {
  Config config;
  const auto settings = ParseConfigFile("rendered", text);
  EXPECT_TRUE(settings.ok()) << settings.error().message;
  if (!settings.ok()) return config;
  EXPECT_EQ(settings->size(), ConfigKeys().size());
  for (const FileSetting& setting : *settings) {
    EXPECT_TRUE(FindConfigKey(setting.path)->set(config, setting.text).ok()) << setting.path;
  }
  return config;
}

void ExpectEqual(const Config& actual, const Config& expected) {
  for (const ConfigKey& key : ConfigKeys()) {
    EXPECT_EQ(key.get(actual), key.get(expected)) << key.path;
  }
}

TEST(RenderConfig, IsReadBackToTheSameValues) {
  Config config;
  config.workers = 12;
  config.http.listen = "[::1]:0";
  config.http.cors_allow_origin = "https://shop.example.com";
  config.http.idle_timeout = std::chrono::milliseconds(1);
  config.management.listen = "127.0.0.1:9090";
  config.storage.data_dir =
      "/srv/\"m\xc3\xb6"
      "bel\" \\ # : {x} \xe2\x80\xa8 'a'  ";
  config.storage.max_table_bytes = std::uint64_t{64} << 40;
  config.log.format = LogFormat::kJson;
  config.log.level = LogLevel::kError;
  ExpectEqual(Load(RenderConfig(config)), config);
  ExpectEqual(Load(RenderConfig(Config())), Config());
}

TEST(RenderConfig, IsPlainYaml) {
  const std::string text = RenderConfig(Config());
  EXPECT_TRUE(text.starts_with("workers: 0\nhttp:\n  listen: \"0.0.0.0:8080\"\n")) << text;
  EXPECT_EQ(text.find('#'), std::string::npos);
}

TEST(SampleConfig, LoadsToTheDefaultsAndFits100Columns) {
  const std::string sample = RenderSampleConfig();
  ExpectEqual(Load(sample), Config());
  std::istringstream lines(sample);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(SampleConfig, ThePackagedFileIsWhatTheTableSays) {
  const char* const file_name = SAMPLE_CONFIG_FILE;
  if (getenv("UPDATE_SAMPLE_CONFIG") != nullptr) std::ofstream(file_name) << RenderSampleConfig();
  std::ostringstream packaged;
  packaged << std::ifstream(file_name).rdbuf();
  EXPECT_EQ(packaged.str(), RenderSampleConfig())
      << "packaging/productd.yaml is generated: run this test with UPDATE_SAMPLE_CONFIG=1";

  ConfigSources sources;
  sources.file = file_name;
  const Result<LoadedConfig> loaded = LoadConfig(sources);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  ExpectEqual(loaded->config, Config());
}

}  // namespace
}  // namespace products
