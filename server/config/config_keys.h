#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "server/config/config.h"

namespace products {

enum class Reload {
  kAtStart,   ///< A change needs a new process.
  kOnSighup,  ///< A running process takes a change over.
};

/// One key of the configuration. The table of them is the only place that names keys: YAML paths,
/// environment names, flags, the sample file and the documentation all come from it.
struct ConfigKey {
  /// "http.idle_timeout_ms": section and name; the unit is the name's end.
  std::string path;
  /// "milliseconds", "bytes", ...; empty for what is no quantity.
  std::string unit;
  /// One sentence, for the sample file and --help.
  std::string meaning;
  /// What is accepted, fitting behind "must be ": "a whole number from 1 to 65535".
  std::string accepted;
  Reload reload = Reload::kAtStart;
  /// Whether the value is text, which YAML needs in quotes.
  bool is_text = false;
  /// Sets the member from text, strictly. The message of the error is what `accepted` says, or
  /// more.
  std::function<Status(Config&, std::string_view)> set;
  /// The member as `set` takes it.
  std::function<std::string(const Config&)> get;
};

/// All keys, keys of one section next to each other, in the order in which documents show them.
/// Thread-safe, as all functions here.
const std::vector<ConfigKey>& ConfigKeys();

/// The key with that path; absent when there is none.
const ConfigKey* FindConfigKey(std::string_view path);

/// Whether keys live below `path`: "http".
bool IsConfigSection(std::string_view path);

/// What differs between two configurations, as key paths in table order.
struct ConfigDifference {
  std::vector<std::string> reloadable;
  std::vector<std::string> needs_restart;
};
ConfigDifference CompareConfig(const Config& running, const Config& loaded);

/// `running` with the reloadable keys of `loaded`.
Config WithReloadableKeys(const Config& running, const Config& loaded);

}  // namespace products
