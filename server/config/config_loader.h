#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "server/config/config.h"

namespace products {

/// Where settings come from. Stronger ones first: flags, environment, file, defaults.
struct ConfigSources {
  /// The value of --config. Without it PRODUCTD_CONFIG of `environment` names the file; without
  /// that there is none. A file that is named must exist.
  std::optional<std::string> file;
  /// Names and values; those that do not begin with PRODUCTD_ are not looked at. See
  /// ReadEnvironment.
  std::map<std::string, std::string> environment;
  /// Key path and text; the last of equal ones counts.
  std::vector<std::pair<std::string, std::string>> flags;
};

struct LoadedConfig {
  Config config;
  /// One line each, for the log: what was ignored and looks odd.
  std::vector<std::string> warnings;
};

/// Reads and checks everything; nothing is taken over from sources with an error in them. The error
/// is kInvalidArgument and its message is one line that says where and what:
///   productd.yaml:12: http.idle_timeout_ms: must be a whole number from 1 to 86400000, not "75s"
///   PRODUCTD_HTTP_LISTEN: must be ADDRESS:PORT ...
///   --workers: must be ...
///
/// Unknown keys in the file and unknown flags are errors. In the environment they are errors only
/// when they look like one of ours: near to the name of a key, or within a section
/// (PRODUCTD_HTTP_...). For others share the prefix: Kubernetes hands every pod PRODUCTD_PORT,
/// PRODUCTD_SERVICE_HOST, PRODUCTD_PORT_8080_TCP_ADDR and more when a Service is called productd,
/// and these are passed over silently; what is left is passed over with a warning. A value that is
/// set but empty is a value.
Result<LoadedConfig> LoadConfig(const ConfigSources& sources);

/// The variables of this process that begin with PRODUCTD_. Not while another thread sets one.
std::map<std::string, std::string> ReadEnvironment();

}  // namespace products
