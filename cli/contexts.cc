#include "cli/contexts.h"

#include <fcntl.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "cli/suggestion.h"
#include "cli/text_width.h"

namespace products::cli {
namespace {

constexpr char kContexts[] = "contexts";
constexpr char kCurrentContext[] = "current_context";

Error CannotWrite(const std::string& path, int errno_value) {
  return ErrnoError(ErrorCode::kInvalidArgument, "cannot write " + path, errno_value);
}

// A map, empty when the file is or does not exist.
Result<YAML::Node> LoadFile(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return YAML::Node(YAML::NodeType::Map);
  try {
    YAML::Node root = YAML::LoadFile(path);
    if (root.IsNull()) return YAML::Node(YAML::NodeType::Map);
    if (!root.IsMap()) return InvalidArgument(path + ": the file must be a map of keys to values");
    return root;
  } catch (const YAML::Exception& exception) {
    return InvalidArgument(path + ": not YAML: " + exception.msg);
  }
}

bool WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Status ReplaceFile(std::filesystem::path path, const std::string& text) {
  std::error_code error;
  // A link stays one: what it leads to is replaced.
  if (const auto real = std::filesystem::canonical(path, error); !error) path = real;
  const std::filesystem::path folder = path.parent_path();
  if (!folder.empty()) {
    std::filesystem::create_directories(folder, error);
    if (error) return CannotWrite(path.string(), error.value());
  }
  // mkstemp makes it 0600.
  std::string beside = path.string() + ".XXXXXX";
  const int descriptor = ::mkstemp(beside.data());
  if (descriptor < 0) return CannotWrite(path.string(), errno);
  bool is_written = WriteAll(descriptor, text) && ::fsync(descriptor) == 0;
  int errno_value = errno;
  if (::close(descriptor) != 0 && is_written) {
    is_written = false;
    errno_value = errno;
  }
  if (is_written && ::rename(beside.c_str(), path.c_str()) == 0) return {};
  if (is_written) errno_value = errno;
  ::unlink(beside.c_str());
  return CannotWrite(path.string(), errno_value);
}

std::vector<std::string> NamesOf(const YAML::Node& root) {
  std::vector<std::string> names;
  const YAML::Node contexts = root[kContexts];
  if (!contexts || !contexts.IsMap()) return names;
  for (const auto& entry : contexts) names.push_back(entry.first.Scalar());
  return names;
}

Status RequireContext(const YAML::Node& root, const std::string& name) {
  const std::vector<std::string> names = NamesOf(root);
  if (std::find(names.begin(), names.end(), name) != names.end()) return {};
  return InvalidArgument(NoSuchContextText(name, names));
}

Status Save(const std::string& path, const YAML::Node& root) {
  YAML::Emitter emitter;
  emitter << root;
  return ReplaceFile(path, std::string(emitter.c_str()) + "\n");
}

}  // namespace

Result<std::vector<ContextEntry>> LoadContexts(const std::string& path) {
  const Result<YAML::Node> loaded = LoadFile(path);
  if (!loaded.ok()) return loaded.error();
  // Const: looking a key up in a node that is not would add it.
  const YAML::Node& root = *loaded;
  const std::string current = root[kCurrentContext] && root[kCurrentContext].IsScalar()
                                  ? root[kCurrentContext].Scalar()
                                  : "";
  std::vector<ContextEntry> entries;
  for (const std::string& name : NamesOf(root)) {
    ContextEntry entry{name, name == current, {}};
    for (const auto& value : root[kContexts][name]) {
      entry.values.emplace(value.first.Scalar(), value.second.Scalar());
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

Status SetContext(const std::string& path, const std::string& name,
                  const std::map<std::string, std::string>& values) {
  Result<YAML::Node> root = LoadFile(path);
  if (!root.ok()) return root.error();
  YAML::Node contexts = (*root)[kContexts];
  if (!contexts.IsMap()) contexts = YAML::Node(YAML::NodeType::Map);
  YAML::Node context = contexts[name];
  for (const auto& [key, value] : values) context[key] = value;
  return Save(path, *root);
}

Status UseContext(const std::string& path, const std::string& name) {
  Result<YAML::Node> root = LoadFile(path);
  if (!root.ok()) return root.error();
  if (Status status = RequireContext(*root, name); !status.ok()) return status;
  (*root)[kCurrentContext] = name;
  return Save(path, *root);
}

Status DeleteContext(const std::string& path, const std::string& name) {
  Result<YAML::Node> root = LoadFile(path);
  if (!root.ok()) return root.error();
  if (Status status = RequireContext(*root, name); !status.ok()) return status;
  (*root)[kContexts].remove(name);
  if ((*root)[kCurrentContext] && (*root)[kCurrentContext].Scalar() == name) {
    root->remove(kCurrentContext);
  }
  if ((*root)[kContexts].size() == 0) root->remove(kContexts);
  return Save(path, *root);
}

bool IsContextName(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  return !name.empty() && name.size() <= kLongest &&
         std::all_of(name.begin(), name.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                  (letter >= '0' && letter <= '9') || letter == '.' || letter == '-' ||
                  letter == '_';
         });
}

std::string NoSuchContextText(std::string_view name, const std::vector<std::string>& names) {
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return "no such context \"" + Printable(name) + "\"" + SuggestionText(name, candidates);
}

}  // namespace products::cli
