#include "server/config/config_names.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "server/config/config_keys.h"

namespace products {
namespace {

TEST(ConfigNames, NamesFollowFromThePath) {
  EXPECT_EQ(EnvironmentName("workers"), "PRODUCTD_WORKERS");
  EXPECT_EQ(EnvironmentName("http.idle_timeout_ms"), "PRODUCTD_HTTP_IDLE_TIMEOUT_MS");
  EXPECT_EQ(FlagName("workers"), "--workers");
  EXPECT_EQ(FlagName("storage.data_dir"), "--storage-data-dir");
}

TEST(ConfigNames, TheFlagsThatScriptsRelyOnExist) {
  std::set<std::string> flags;
  for (const ConfigKey& key : ConfigKeys()) flags.insert(FlagName(key.path));
  for (const char* flag : {"--http-listen", "--management-listen", "--storage-engine",
                           "--storage-data-dir", "--workers", "--log-format", "--log-level"}) {
    EXPECT_TRUE(flags.contains(flag)) << flag;
  }
}

TEST(ConfigNames, AMisspeltKeyIsSuggestedTheOneItResembles) {
  struct Row {
    std::string path;
    std::string suggestion;
  };
  for (const Row& row : {
           Row{"http.listn", "http.listen"},
           Row{"http.lisetn", "http.listen"},
           Row{"htp.listen", "http.listen"},
           Row{"http.idle_timeout", "http.idle_timeout_ms"},
           Row{"http.idle_timeout_s", "http.idle_timeout_ms"},
           Row{"worker", "workers"},
           Row{"http.workers", "workers"},
           Row{"listen", "http.listen"},
           Row{"data_dir", "storage.data_dir"},
           Row{"http.level", "log.level"},
           Row{"Log.Level", "log.level"},
           Row{"replication.factor", ""},
           Row{"x", ""},
           Row{"", ""},
           Row{std::string(100'000, 'w'), ""},
       }) {
    EXPECT_EQ(SuggestConfigKey(row.path), row.suggestion) << row.path.substr(0, 50);
  }
}

TEST(ConfigNames, TextFromAnywhereIsQuotedOnOneShortLine) {
  EXPECT_EQ(QuotedForMessage("75s"), "\"75s\"");
  EXPECT_EQ(QuotedForMessage("a\nb\x1b\xff"), "\"a\\x0ab\\x1b\\xff\"");
  EXPECT_EQ(QuotedForMessage(std::string(1000, 'a')), "\"" + std::string(60, 'a') + "...\"");
}

}  // namespace
}  // namespace products
