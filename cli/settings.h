#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "cli/output.h"
#include "core/base/result.h"

namespace products::cli {

inline constexpr char kDefaultEndpoint[] = "http://127.0.0.1:8080";
inline constexpr std::chrono::milliseconds kDefaultTimeout{10'000};

/// What holds for every command, resolved.
struct Settings {
  std::string endpoint = kDefaultEndpoint;
  /// Of /metrics, /readyz and /admin/, where the server has another address for them.
  std::optional<std::string> management_endpoint = std::nullopt;
  OutputFormat output = OutputFormat::kPlain;
  /// From the start of one request to the last byte of its answer.
  std::chrono::milliseconds timeout = kDefaultTimeout;
  /// Colour, where the stream is a terminal.
  bool color = true;
};

/// The flags as typed; an absent one was not given.
struct SettingsFlags {
  std::optional<std::string> endpoint = std::nullopt;
  std::optional<std::string> management_endpoint = std::nullopt;
  std::optional<std::string> output = std::nullopt;
  std::optional<std::string> timeout = std::nullopt;
  std::optional<std::string> config_path = std::nullopt;
  bool no_color = false;
};

/// The variables of the process; injected, for a test has its own.
using Environment = std::map<std::string, std::string, std::less<>>;

/// Flags > environment (PRODUCTCTL_ENDPOINT, _MANAGEMENT_ENDPOINT, _OUTPUT, _TIMEOUT, _CONFIG;
/// NO_COLOR) > file > default.
///
/// The file is YAML, a map with the keys `endpoint`, `management_endpoint`, `output`, `timeout` and
/// `color`:
///     endpoint: http://127.0.0.1:8080
///     management_endpoint: http://127.0.0.1:9090   # else the same as endpoint
///     output: json        # table, json or plain; else table on a terminal and plain elsewhere
///     timeout: 10s        # of one request, with its unit
///     color: true
/// It is the one of --config or PRODUCTCTL_CONFIG, which must exist, else
/// $XDG_CONFIG_HOME/productctl/config.yaml or ~/.config/productctl/config.yaml, which may be
/// absent.
///
/// Every error is kInvalidArgument and names its source: the flag, the variable, or the file with
/// its line and key. An unknown key and one that is there twice are errors; a value that a stronger
/// source overrules is checked all the same.
Result<Settings> ResolveSettings(const SettingsFlags& flags, const Environment& environment,
                                 bool out_is_terminal);

}  // namespace products::cli
