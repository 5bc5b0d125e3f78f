#include "server/config/config_loader.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "server/config/config_file.h"
#include "server/config/config_keys.h"
#include "server/config/config_names.h"
#include "server/config/listen_address.h"

namespace products {
namespace {

constexpr std::string_view kPrefix = "PRODUCTD_";
// Names the file itself; no key of one.
constexpr char kFileVariable[] = "PRODUCTD_CONFIG";

Status SetKey(Config& config, const ConfigKey& key, const std::string& where,
              const std::string& text) {
  const Status status = key.set(config, text);
  if (status.ok()) return {};
  return InvalidArgument(where + ": must be " + status.error().message + ", not " +
                         QuotedForMessage(text));
}

Status ApplyFile(Config& config, const std::string& file_name) {
  const Result<std::vector<FileSetting>> settings = ReadConfigFile(file_name);
  if (!settings.ok()) return settings.error();
  for (const FileSetting& setting : *settings) {
    const std::string where = file_name + ":" + std::to_string(setting.line) + ": " + setting.path;
    Status status = SetKey(config, *FindConfigKey(setting.path), where, setting.text);
    if (!status.ok()) return status;
  }
  return {};
}

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// What Kubernetes sets in every pod for a Service called productd or productd-something:
//   PRODUCTD_SERVICE_HOST, PRODUCTD_SERVICE_PORT, PRODUCTD_SERVICE_PORT_HTTP   (name of the port)
//   PRODUCTD_PORT, PRODUCTD_PORT_8080_TCP, PRODUCTD_PORT_8080_TCP_{PROTO,PORT,ADDR}
// PRODUCTD_PORT alone is also what somebody may write who means http.listen; its value tells.
bool IsServiceLink(std::string_view name, std::string_view value) {
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") ||
      name.find("_SERVICE_PORT_") != std::string_view::npos) {
    return true;
  }
  if (name.ends_with("_PORT") && value.find("://") != std::string_view::npos) return true;
  const std::size_t port = name.find("_PORT_");
  if (port == std::string_view::npos) return false;
  const std::string_view rest = name.substr(port + 6);
  const std::size_t digits_end = rest.find('_');
  if (digits_end == std::string_view::npos || !IsDigits(rest.substr(0, digits_end))) return false;
  const std::string_view protocol = rest.substr(digits_end + 1);
  return protocol.starts_with("TCP") || protocol.starts_with("UDP") || protocol.starts_with("SCTP");
}

bool IsInSection(std::string_view name) {
  for (const ConfigKey& key : ConfigKeys()) {
    const std::size_t dot = key.path.find('.');
    if (dot == std::string::npos) continue;
    if (name.starts_with(EnvironmentName(key.path.substr(0, dot)) + "_")) return true;
  }
  return false;
}

// An error when `name` looks meant for us, else at most a warning.
Status JudgeUnknownVariable(const std::string& name, const std::string& value,
                            std::vector<std::string>& warnings) {
  // The build reads PRODUCTD_COMMIT, and an image may keep it.
  if (name == kFileVariable || name == "PRODUCTD_COMMIT" || IsServiceLink(name, value)) return {};
  // Compared without the prefix they all share, which would make any two look alike.
  std::vector<std::string> known{std::string(kFileVariable).substr(kPrefix.size())};
  for (const ConfigKey& key : ConfigKeys()) {
    known.push_back(EnvironmentName(key.path).substr(kPrefix.size()));
  }
  const std::string suggestion = ClosestName(name.substr(kPrefix.size()), known);
  std::string text = QuotedForMessage(name) + " in the environment: unknown key";
  if (!suggestion.empty()) text += "; did you mean " + std::string(kPrefix) + suggestion + "?";
  if (!suggestion.empty() || IsInSection(name)) return InvalidArgument(text);
  warnings.push_back(text + ", ignored");
  return {};
}

Status ApplyEnvironment(LoadedConfig& loaded,
                        const std::map<std::string, std::string>& environment) {
  for (const ConfigKey& key : ConfigKeys()) {
    const std::string name = EnvironmentName(key.path);
    const auto variable = environment.find(name);
    if (variable == environment.end()) continue;
    Status status = SetKey(loaded.config, key, name, variable->second);
    if (!status.ok()) return status;
  }
  const auto& keys = ConfigKeys();
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kPrefix)) continue;
    const bool known = std::any_of(keys.begin(), keys.end(), [&name = name](const ConfigKey& key) {
      return EnvironmentName(key.path) == name;
    });
    if (known) continue;
    Status status = JudgeUnknownVariable(name, value, loaded.warnings);
    if (!status.ok()) return status;
  }
  return {};
}

Status ApplyFlags(Config& config, const std::vector<std::pair<std::string, std::string>>& flags) {
  for (const auto& [path, text] : flags) {
    const ConfigKey* const key = FindConfigKey(path);
    if (key == nullptr) {
      std::string message = QuotedForMessage(FlagName(path)) + ": unknown flag";
      const std::string suggestion = SuggestConfigKey(path);
      if (!suggestion.empty()) message += "; did you mean " + FlagName(suggestion) + "?";
      return InvalidArgument(message);
    }
    Status status = SetKey(config, *key, FlagName(path), text);
    if (!status.ok()) return status;
  }
  return {};
}

// Rules between keys. The text names both, for either may have come from anywhere.
Status CheckTogether(const Config& config) {
  if (config.drain.idle > config.drain.timeout) {
    return InvalidArgument("drain.idle_ms: must be at most drain.timeout_ms (" +
                           std::to_string(config.drain.timeout.count()) + "), not " +
                           std::to_string(config.drain.idle.count()));
  }
  if (config.commit.max_batch_bytes > config.commit.max_queue_bytes) {
    return InvalidArgument("commit.max_batch_bytes: must be at most commit.max_queue_bytes (" +
                           std::to_string(config.commit.max_queue_bytes) + "), not " +
                           std::to_string(config.commit.max_batch_bytes));
  }
  if (!config.management.listen.empty()) {
    const Result<ListenAddress> api = ParseListenAddress(config.http.listen);
    const Result<ListenAddress> management = ParseListenAddress(config.management.listen);
    if (api.ok() && management.ok() && *api == *management && api->port != 0) {
      return InvalidArgument("management.listen: must differ from http.listen (" +
                             config.http.listen + "); empty serves both on one");
    }
  }
  return {};
}

}  // namespace

Result<LoadedConfig> LoadConfig(const ConfigSources& sources) {
  LoadedConfig loaded;
  std::optional<std::string> file = sources.file;
  const auto file_variable = sources.environment.find(kFileVariable);
  if (!file && file_variable != sources.environment.end()) file = file_variable->second;
  if (file && file->empty()) {
    return InvalidArgument((sources.file ? "--config" : std::string(kFileVariable)) +
                           ": must be the name of a file, not \"\"");
  }
  if (file) {
    const Status status = ApplyFile(loaded.config, *file);
    if (!status.ok()) return status.error();
  }
  Status status = ApplyEnvironment(loaded, sources.environment);
  if (!status.ok()) return status.error();
  status = ApplyFlags(loaded.config, sources.flags);
  if (!status.ok()) return status.error();
  status = CheckTogether(loaded.config);
  if (!status.ok()) return status.error();
  return loaded;
}

std::map<std::string, std::string> ReadEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with(kPrefix)) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace products
