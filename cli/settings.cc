#include "cli/settings.h"

#include <yaml-cpp/yaml.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string_view>
#include <system_error>

#include "cli/api_client.h"
#include "cli/duration.h"
#include "cli/suggestion.h"
#include "cli/text_width.h"

namespace products::cli {
namespace {

constexpr std::array<std::string_view, 5> kFileKeys = {"endpoint", "management_endpoint", "output",
                                                       "timeout", "color"};
// Far above any sensible file; keeps a mistaken path (a disk image) from being read whole.
constexpr std::size_t kMaxFileBytes = 64 * 1024;

std::optional<std::string> Find(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  // An empty variable counts as unset, as NO_COLOR's own convention has it.
  if (found == environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Error NotAccepted(std::string_view source, std::string_view value, std::string_view expected) {
  return InvalidArgument(std::string(source) + ": \"" + Printable(value) + "\" is not " +
                         std::string(expected));
}

// Each Set applies one value of one source and names that source when the value is wrong.

Status SetEndpoint(Settings& settings, std::string_view source, const std::string& value) {
  const Status checked = ApiClient::CheckEndpoint(value);
  if (!checked.ok()) return InvalidArgument(std::string(source) + ": " + checked.error().message);
  settings.endpoint = value;
  return {};
}

Status SetManagementEndpoint(Settings& settings, std::string_view source,
                             const std::string& value) {
  const Status checked = ApiClient::CheckEndpoint(value);
  if (!checked.ok()) return InvalidArgument(std::string(source) + ": " + checked.error().message);
  settings.management_endpoint = value;
  return {};
}

Status SetOutput(Settings& settings, std::string_view source, const std::string& value) {
  const std::optional<OutputFormat> format = ParseOutputFormat(value);
  if (!format) return NotAccepted(source, value, "table, json or plain");
  settings.output = *format;
  return {};
}

Status SetTimeout(Settings& settings, std::string_view source, const std::string& value) {
  const auto timeout = ParseDuration(value);
  if (!timeout) {
    return NotAccepted(source, value, "a duration with its unit, such as 500ms, 5s or 2m");
  }
  settings.timeout = *timeout;
  return {};
}

Status SetColor(Settings& settings, std::string_view source, const std::string& value) {
  if (value != "true" && value != "false") return NotAccepted(source, value, "true or false");
  settings.color = value == "true";
  return {};
}

Status SetFileKey(Settings& settings, const std::string& key, std::string_view source,
                  const std::string& value) {
  if (key == "endpoint") return SetEndpoint(settings, source, value);
  if (key == "management_endpoint") return SetManagementEndpoint(settings, source, value);
  if (key == "output") return SetOutput(settings, source, value);
  if (key == "timeout") return SetTimeout(settings, source, value);
  if (key == "color") return SetColor(settings, source, value);
  return InvalidArgument(std::string(source) + ": no such key" + SuggestionText(key, kFileKeys));
}

Status ApplyYaml(Settings& settings, const std::string& path, const std::string& text) {
  const auto at_line = [&path](const YAML::Mark& mark) {
    return path + ":" + std::to_string(mark.line + 1) + ": ";
  };
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return {};
    if (!root.IsMap()) {
      return InvalidArgument(at_line(root.Mark()) + "the file must be a map of keys to values");
    }
    std::map<std::string, int> line_of_key;
    for (const auto& entry : root) {
      const std::string where = at_line(entry.first.Mark());
      if (!entry.first.IsScalar()) return InvalidArgument(where + "a key must be a word");
      const std::string& key = entry.first.Scalar();
      const auto [first, is_new] = line_of_key.emplace(key, entry.first.Mark().line + 1);
      if (!is_new) {
        return InvalidArgument(where + Printable(key) + ": is here twice; first on line " +
                               std::to_string(first->second));
      }
      if (!entry.second.IsScalar()) {
        return InvalidArgument(where + Printable(key) + " must be one value");
      }
      const Status status =
          SetFileKey(settings, key, where + Printable(key), entry.second.Scalar());
      if (!status.ok()) return status;
    }
  } catch (const YAML::Exception& exception) {
    return InvalidArgument(at_line(exception.mark) + "not YAML: " + exception.msg);
  }
  return {};
}

Status ApplyFile(Settings& settings, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + path, errno);
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return InvalidArgument("cannot read " + path, "is it a file?");
  if (text.size() > kMaxFileBytes) return InvalidArgument(path + ": larger than 64 KiB");
  return ApplyYaml(settings, path, text);
}

std::string DefaultConfigPath(const Environment& environment) {
  std::string directory;
  if (const auto xdg = Find(environment, "XDG_CONFIG_HOME")) {
    directory = *xdg;
  } else if (const auto home = Find(environment, "HOME")) {
    directory = *home + "/.config";
  } else {
    return {};
  }
  return directory + "/productctl/config.yaml";
}

Status ApplyFiles(Settings& settings, const SettingsFlags& flags, const Environment& environment) {
  if (flags.config_path) return ApplyFile(settings, *flags.config_path);
  if (const auto path = Find(environment, "PRODUCTCTL_CONFIG")) return ApplyFile(settings, *path);
  const std::string path = DefaultConfigPath(environment);
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) return {};
  return ApplyFile(settings, path);
}

}  // namespace

Result<Settings> ResolveSettings(const SettingsFlags& flags, const Environment& environment,
                                 bool out_is_terminal) {
  Settings settings;
  settings.output = out_is_terminal ? OutputFormat::kTable : OutputFormat::kPlain;
  // Weakest first; each later source overwrites what it names.
  if (Status status = ApplyFiles(settings, flags, environment); !status.ok()) {
    return status.error();
  }
  struct Source {
    std::optional<std::string> value;
    std::string_view name;
    Status (*set)(Settings&, std::string_view, const std::string&);
  };
  const std::initializer_list<Source> sources = {
      {Find(environment, "PRODUCTCTL_ENDPOINT"), "PRODUCTCTL_ENDPOINT", SetEndpoint},
      {Find(environment, "PRODUCTCTL_MANAGEMENT_ENDPOINT"), "PRODUCTCTL_MANAGEMENT_ENDPOINT",
       SetManagementEndpoint},
      {Find(environment, "PRODUCTCTL_OUTPUT"), "PRODUCTCTL_OUTPUT", SetOutput},
      {Find(environment, "PRODUCTCTL_TIMEOUT"), "PRODUCTCTL_TIMEOUT", SetTimeout},
      {flags.endpoint, "--endpoint", SetEndpoint},
      {flags.management_endpoint, "--management-endpoint", SetManagementEndpoint},
      {flags.output, "--output", SetOutput},
      {flags.timeout, "--timeout", SetTimeout},
  };
  for (const Source& source : sources) {
    if (!source.value) continue;
    if (Status status = source.set(settings, source.name, *source.value); !status.ok()) {
      return status.error();
    }
  }
  if (flags.no_color || Find(environment, "NO_COLOR")) settings.color = false;
  return settings;
}

}  // namespace products::cli
