#include "cli/settings.h"

#include <yaml-cpp/yaml.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <span>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/api_client.h"
#include "cli/contexts.h"
#include "cli/duration.h"
#include "cli/suggestion.h"
#include "cli/text_width.h"
#include "core/base/parse.h"

namespace products::cli {
namespace {

constexpr std::array<std::string_view, 6> kContextKeys = {
    "endpoint", "management_endpoint", "output", "timeout", "retries", "color"};
constexpr std::array<std::string_view, 8> kFileKeys = {
    "endpoint", "management_endpoint", "output", "timeout", "retries", "color",
    "contexts", "current_context"};
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

Status SetRetries(Settings& settings, std::string_view source, const std::string& value) {
  const std::optional<std::int64_t> retries = ParseInt64(value);
  if (!retries || *retries < 0 || *retries > kMaxRetries) {
    return NotAccepted(source, value, "a whole number from 0 to " + std::to_string(kMaxRetries));
  }
  settings.retries = static_cast<int>(*retries);
  return {};
}

Status SetColor(Settings& settings, std::string_view source, const std::string& value) {
  if (value != "true" && value != "false") return NotAccepted(source, value, "true or false");
  settings.color = value == "true";
  return {};
}

Status SetKey(Settings& settings, const std::string& key, std::string_view source,
              const std::string& value, std::span<const std::string_view> known_keys) {
  if (key == "endpoint") return SetEndpoint(settings, source, value);
  if (key == "management_endpoint") return SetManagementEndpoint(settings, source, value);
  if (key == "output") return SetOutput(settings, source, value);
  if (key == "timeout") return SetTimeout(settings, source, value);
  if (key == "retries") return SetRetries(settings, source, value);
  if (key == "color") return SetColor(settings, source, value);
  return InvalidArgument(std::string(source) + ": no such key" + SuggestionText(key, known_keys));
}

// A key of a YAML map with its value, and what messages begin with: "path:3: key".
struct KeyAndValue {
  std::string key;
  std::string source;
  YAML::Node value;
};

// What a file says, checked but not applied.
struct FileContent {
  std::vector<KeyAndValue> values;
  std::map<std::string, std::vector<KeyAndValue>, std::less<>> contexts;
  std::optional<KeyAndValue> current_context;
};

std::string AtLine(const std::string& path, const YAML::Mark& mark) {
  return path + ":" + std::to_string(mark.line + 1) + ": ";
}

// The keys of `map`, each a word and there once. `scope` stands before them in messages.
Result<std::vector<KeyAndValue>> ReadMap(const std::string& path, const YAML::Node& map,
                                         const std::string& scope) {
  std::vector<KeyAndValue> entries;
  std::map<std::string, int> line_of_key;
  for (const auto& entry : map) {
    const std::string where = AtLine(path, entry.first.Mark());
    if (!entry.first.IsScalar()) return InvalidArgument(where + "a key must be a word");
    const std::string& key = entry.first.Scalar();
    const std::string source = where + scope + Printable(key);
    const auto [first, is_new] = line_of_key.emplace(key, entry.first.Mark().line + 1);
    if (!is_new) {
      return InvalidArgument(source + ": is here twice; first on line " +
                             std::to_string(first->second));
    }
    entries.push_back({key, source, entry.second});
  }
  return entries;
}

// Checks by applying to settings of no use.
Status CheckValues(const std::vector<KeyAndValue>& values,
                   std::span<const std::string_view> known_keys) {
  Settings unused;
  for (const KeyAndValue& entry : values) {
    if (!entry.value.IsScalar()) return InvalidArgument(entry.source + " must be one value");
    Status status = SetKey(unused, entry.key, entry.source, entry.value.Scalar(), known_keys);
    if (!status.ok()) return status;
  }
  return {};
}

Status ReadContexts(FileContent& content, const std::string& path, const KeyAndValue& contexts) {
  if (contexts.value.IsNull()) return {};
  if (!contexts.value.IsMap()) {
    return InvalidArgument(contexts.source + " must be a map of names to settings");
  }
  const Result<std::vector<KeyAndValue>> named = ReadMap(path, contexts.value, "contexts.");
  if (!named.ok()) return named.error();
  for (const KeyAndValue& context : *named) {
    if (!IsContextName(context.key)) {
      return InvalidArgument(context.source + " is not a name of a context");
    }
    if (!context.value.IsMap()) return InvalidArgument(context.source + " must be a map");
    Result<std::vector<KeyAndValue>> values =
        ReadMap(path, context.value, "contexts." + context.key + ".");
    if (!values.ok()) return values.error();
    if (Status status = CheckValues(*values, kContextKeys); !status.ok()) return status;
    content.contexts.emplace(context.key, std::move(*values));
  }
  return {};
}

Result<FileContent> ParseFile(const std::string& path, const std::string& text) {
  FileContent content;
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return content;
    if (!root.IsMap()) {
      return InvalidArgument(AtLine(path, root.Mark()) +
                             "the file must be a map of keys to values");
    }
    Result<std::vector<KeyAndValue>> entries = ReadMap(path, root, "");
    if (!entries.ok()) return entries.error();
    for (KeyAndValue& entry : *entries) {
      if (entry.key == "contexts") {
        if (Status status = ReadContexts(content, path, entry); !status.ok()) return status.error();
      } else if (entry.key == "current_context") {
        if (!entry.value.IsScalar()) return InvalidArgument(entry.source + " must be one value");
        content.current_context = entry;
      } else {
        content.values.push_back(std::move(entry));
      }
    }
    if (Status status = CheckValues(content.values, kFileKeys); !status.ok()) {
      return status.error();
    }
  } catch (const YAML::Exception& exception) {
    return InvalidArgument(AtLine(path, exception.mark) + "not YAML: " + exception.msg);
  }
  return content;
}

Result<FileContent> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + path, errno);
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return InvalidArgument("cannot read " + path, "is it a file?");
  if (text.size() > kMaxFileBytes) return InvalidArgument(path + ": larger than 64 KiB");
  return ParseFile(path, text);
}

// They have been checked.
void Apply(Settings& settings, const std::vector<KeyAndValue>& values) {
  for (const KeyAndValue& entry : values) {
    (void)SetKey(settings, entry.key, entry.source, entry.value.Scalar(), kFileKeys);
  }
}

Status ApplyContext(Settings& settings, const FileContent& content, const std::string& name,
                    std::string_view source) {
  const auto found = content.contexts.find(name);
  if (found != content.contexts.end()) {
    Apply(settings, found->second);
    return {};
  }
  std::vector<std::string> names;
  for (const auto& context : content.contexts) names.push_back(context.first);
  return InvalidArgument(std::string(source) + ": " + NoSuchContextText(name, names));
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

// What the file of settings says, and its path; nothing where it may be absent and is.
Result<FileContent> FindFile(const SettingsFlags& flags, const Environment& environment,
                             std::string& path) {
  bool is_named = true;
  if (flags.config_path) {
    path = *flags.config_path;
  } else if (const auto variable = Find(environment, "PRODUCTCTL_CONFIG")) {
    path = *variable;
  } else {
    path = DefaultConfigPath(environment);
    is_named = false;
  }
  std::error_code error;
  const bool may_be_absent = !is_named || flags.edits_contexts;
  if (may_be_absent && (path.empty() || !std::filesystem::exists(path, error))) {
    return FileContent();
  }
  return ReadFile(path);
}

struct Source {
  std::optional<std::string> value;
  std::string_view name;
  Status (*set)(Settings&, std::string_view, const std::string&);
};

Status ApplySources(Settings& settings, std::initializer_list<Source> sources) {
  for (const Source& source : sources) {
    if (!source.value) continue;
    Status status = source.set(settings, source.name, *source.value);
    if (!status.ok()) return status;
  }
  return {};
}

// The context that holds when --context does not name one.
Status ApplyStandingContext(Settings& settings, const FileContent& content,
                            const Environment& environment) {
  if (const auto name = Find(environment, "PRODUCTCTL_CONTEXT")) {
    return ApplyContext(settings, content, *name, "PRODUCTCTL_CONTEXT");
  }
  if (!content.current_context) return {};
  return ApplyContext(settings, content, content.current_context->value.Scalar(),
                      content.current_context->source);
}

}  // namespace

Result<Settings> ResolveSettings(const SettingsFlags& flags, const Environment& environment,
                                 bool out_is_terminal) {
  Settings settings;
  settings.output = out_is_terminal ? OutputFormat::kTable : OutputFormat::kPlain;
  // Weakest first; each later source overwrites what it names.
  const Result<FileContent> content = FindFile(flags, environment, settings.config_path);
  if (!content.ok()) return content.error();
  Apply(settings, content->values);
  // Commands that repair the contexts need none.
  const bool needs_context = !flags.edits_contexts;
  Status status;
  if (needs_context && !flags.context)
    status = ApplyStandingContext(settings, *content, environment);
  if (status.ok()) {
    status = ApplySources(
        settings, {{Find(environment, "PRODUCTCTL_ENDPOINT"), "PRODUCTCTL_ENDPOINT", SetEndpoint},
                   {Find(environment, "PRODUCTCTL_MANAGEMENT_ENDPOINT"),
                    "PRODUCTCTL_MANAGEMENT_ENDPOINT", SetManagementEndpoint},
                   {Find(environment, "PRODUCTCTL_OUTPUT"), "PRODUCTCTL_OUTPUT", SetOutput},
                   {Find(environment, "PRODUCTCTL_TIMEOUT"), "PRODUCTCTL_TIMEOUT", SetTimeout},
                   {Find(environment, "PRODUCTCTL_RETRIES"), "PRODUCTCTL_RETRIES", SetRetries}});
  }
  if (status.ok() && needs_context && flags.context) {
    status = ApplyContext(settings, *content, *flags.context, "--context");
  }
  if (status.ok()) {
    status = ApplySources(
        settings, {{flags.endpoint, "--endpoint", SetEndpoint},
                   {flags.management_endpoint, "--management-endpoint", SetManagementEndpoint},
                   {flags.output, "--output", SetOutput},
                   {flags.timeout, "--timeout", SetTimeout},
                   {flags.retries, "--retries", SetRetries}});
  }
  if (!status.ok()) return status.error();
  if (flags.no_color || Find(environment, "NO_COLOR")) settings.color = false;
  return settings;
}

}  // namespace products::cli
