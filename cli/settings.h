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
inline constexpr int kDefaultRetries = 3;
inline constexpr int kMaxRetries = 100;

/// What holds for every command, resolved.
struct Settings {
  std::string endpoint = kDefaultEndpoint;
  /// Of /metrics, /readyz and /admin/, where the server has another address for them.
  std::optional<std::string> management_endpoint = std::nullopt;
  OutputFormat output = OutputFormat::kPlain;
  /// From the start of one request to the last byte of its answer, repetitions included.
  std::chrono::milliseconds timeout = kDefaultTimeout;
  /// How often a request that is safe to repeat is sent again after a passing failure.
  int retries = kDefaultRetries;
  /// Colour, where the stream is a terminal.
  bool color = true;
  /// The file they were read from, or would be; empty when there is no place for one.
  std::string config_path;
};

/// The flags as typed; an absent one was not given.
struct SettingsFlags {
  std::optional<std::string> endpoint = std::nullopt;
  std::optional<std::string> management_endpoint = std::nullopt;
  std::optional<std::string> output = std::nullopt;
  std::optional<std::string> timeout = std::nullopt;
  std::optional<std::string> retries = std::nullopt;
  std::optional<std::string> config_path = std::nullopt;
  std::optional<std::string> context = std::nullopt;
  bool no_color = false;
  /// The command repairs the file: one that is absent, or a current context that is, is no error.
  bool edits_contexts = false;
  /// The command asks no server: mistakes in the settings must not fail the start of a shell, which
  /// reads its completions.
  bool needs_settings = true;
};

/// The variables of the process; injected, for a test has its own.
using Environment = std::map<std::string, std::string, std::less<>>;

/// Flags > the context of --context > environment (PRODUCTCTL_ENDPOINT, _MANAGEMENT_ENDPOINT,
/// _OUTPUT, _TIMEOUT, _RETRIES, NO_COLOR) > the context of PRODUCTCTL_CONTEXT, else the file's
/// current one > the file's other keys > default.
///
/// The file is YAML, a map; every key may be left out:
///     endpoint: http://127.0.0.1:8080
///     management_endpoint: http://127.0.0.1:9090   # else the same as endpoint
///     output: json        # table, json or plain; else table on a terminal and plain elsewhere
///     timeout: 10s        # of one request with its retries, with its unit
///     retries: 3          # of one request, 0 to 100
///     color: true
///     current_context: prod
///     contexts:           # named sets of the keys above
///       prod:
///         endpoint: http://10.0.0.7:8080
///         timeout: 2s
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
