#include "server/config/config_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <exception>
#include <map>
#include <string_view>
#include <utility>

#include "core/base/utf8.h"
#include "server/config/config_keys.h"
#include "server/config/config_names.h"

namespace products {
namespace {

Result<std::string> ReadBytes(const std::string& file_name) {
  const auto failed = [&file_name](int error) {
    const Error with_reason = ErrnoError(ErrorCode::kInvalidArgument, "", error);
    return InvalidArgument(file_name + ": cannot be read: " + with_reason.detail);
  };
  const int descriptor = ::open(file_name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed(errno);
  // One byte more than allowed tells a file that is too large from one that just fits.
  std::string text(kMaxConfigFileBytes + 1, '\0');
  std::size_t size = 0;
  int error = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(descriptor, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) error = errno;
    if (count <= 0) break;
    size += static_cast<std::size_t>(count);
  }
  ::close(descriptor);
  if (error != 0) return failed(error);
  text.resize(size);
  return text;
}

// Walks a document and collects its settings. Stops at the first thing that is wrong.
class Reader {
 public:
  explicit Reader(const std::string& file_name) : file_name_(file_name) {}

  // `prefix` is "" or "http.". Recursion is as deep as paths of known keys are.
  Status ReadSection(const YAML::Node& section, const std::string& prefix) {
    for (const auto& entry : section) {
      Status status = ReadEntry(entry.first, entry.second, prefix);
      if (!status.ok()) return status;
    }
    return {};
  }

  Error ErrorAt(const YAML::Mark& mark, const std::string& text) const {
    if (mark.is_null()) return InvalidArgument(file_name_ + ": " + text);
    return InvalidArgument(file_name_ + ":" + std::to_string(mark.line + 1) + ": " + text);
  }

  std::vector<FileSetting> TakeSettings() { return std::move(settings_); }

 private:
  Status ReadEntry(const YAML::Node& name, const YAML::Node& value, const std::string& prefix) {
    if (!name.IsScalar()) return ErrorAt(name.Mark(), "a key must be a single word");
    const std::string path = prefix + name.Scalar();
    const bool is_section = IsConfigSection(path);
    if (!is_section && FindConfigKey(path) == nullptr) {
      return ErrorAt(name.Mark(), UnknownKey(path));
    }
    if (name.Scalar().find('.') != std::string::npos) {
      return ErrorAt(name.Mark(), path + ": must be written as a section and a key below it");
    }
    const auto [first, is_new] = line_of_path_.emplace(path, name.Mark().line + 1);
    if (!is_new) {
      return ErrorAt(name.Mark(),
                     path + ": is here twice; first on line " + std::to_string(first->second));
    }
    if (is_section) {
      if (value.IsNull()) return {};
      if (!value.IsMap()) return ErrorAt(name.Mark(), path + ": must be a section of keys");
      return ReadSection(value, path + ".");
    }
    if (value.IsNull()) {
      return ErrorAt(name.Mark(), path + ": has no value; \"\" stands for the empty text");
    }
    if (!value.IsScalar()) {
      return ErrorAt(name.Mark(), path + ": must be a single value, not a list or section");
    }
    // "?" and "!" are what plain and quoted values get; other tags ask for a meaning we lack.
    const std::string& tag = value.Tag();
    if (!tag.empty() && tag != "?" && tag != "!" && !tag.starts_with("tag:yaml.org,2002:")) {
      return ErrorAt(name.Mark(), path + ": must have no tag, but has " + QuotedForMessage(tag));
    }
    settings_.push_back({path, value.Scalar(), name.Mark().line + 1});
    return {};
  }

  static std::string UnknownKey(const std::string& path) {
    std::string text = QuotedForMessage(path) + ": unknown key";
    const std::string suggestion = SuggestConfigKey(path);
    if (!suggestion.empty()) text += "; did you mean " + suggestion + "?";
    return text;
  }

  const std::string& file_name_;
  std::map<std::string, int> line_of_path_;
  std::vector<FileSetting> settings_;
};

Result<std::vector<FileSetting>> ReadDocument(const std::string& file_name,
                                              const std::string& text) {
  Reader reader(file_name);
  const std::vector<YAML::Node> documents = YAML::LoadAll(text);
  if (documents.size() > 1) {
    return reader.ErrorAt(documents[1].Mark(), "must be one document, but a second one begins");
  }
  if (documents.empty() || documents[0].IsNull()) return std::vector<FileSetting>();
  if (!documents[0].IsMap()) {
    return reader.ErrorAt(documents[0].Mark(), "must consist of keys and values");
  }
  const Status status = reader.ReadSection(documents[0], "");
  if (!status.ok()) return status.error();
  return reader.TakeSettings();
}

}  // namespace

Result<std::vector<FileSetting>> ParseConfigFile(const std::string& file_name,
                                                 const std::string& text) {
  if (text.size() > kMaxConfigFileBytes) {
    return InvalidArgument(file_name + ": is larger than " + std::to_string(kMaxConfigFileBytes) +
                           " bytes");
  }
  // The library would take bytes of other encodings for something else, without a word.
  if (!IsValidUtf8(text)) return InvalidArgument(file_name + ": is not UTF-8 text");
  if (text.find('\0') != std::string::npos) {
    return InvalidArgument(file_name + ": is not text, for it has a zero byte");
  }
  try {
    return ReadDocument(file_name, text);
  } catch (const YAML::DeepRecursion& exception) {
    return Reader(file_name).ErrorAt(exception.mark, "not valid YAML: nested too deeply");
  } catch (const YAML::Exception& exception) {
    return Reader(file_name).ErrorAt(exception.mark, "not valid YAML: " + exception.msg);
  } catch (const std::exception& exception) {
    return InvalidArgument(file_name + ": cannot be parsed", exception.what());
  }
}

Result<std::vector<FileSetting>> ReadConfigFile(const std::string& file_name) {
  Result<std::string> text = ReadBytes(file_name);
  if (!text.ok()) return text.error();
  return ParseConfigFile(file_name, *text);
}

}  // namespace products
