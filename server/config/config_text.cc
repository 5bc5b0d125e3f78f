#include "server/config/config_text.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "server/config/config_keys.h"
#include "server/config/config_names.h"

namespace products {
namespace {

// YAML's double quotes, whose escapes cover every text.
std::string Quoted(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += "\\x";
      quoted += kHex[byte >> 4];
      quoted += kHex[byte & 15];
    } else {
      quoted += c;
    }
  }
  quoted += '"';
  return quoted;
}

// Appends `text` as comment lines of at most 100 columns.
void AppendComment(std::string& out, std::string_view indent, std::string_view text) {
  constexpr std::size_t kColumns = 100;
  const std::string start = std::string(indent) + "#";
  std::string line = start;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line = start;
    }
    line += ' ';
    line += word;
  }
  out += line + "\n";
}

void AppendKeyComment(std::string& out, std::string_view indent, const ConfigKey& key) {
  AppendComment(out, indent, key.meaning);
  std::string facts = key.unit.empty() ? "" : "Unit: " + key.unit + ". ";
  facts += "Must be " + key.accepted + ".";
  if (key.reload == Reload::kOnSighup) facts += " SIGHUP reloads it.";
  AppendComment(out, indent, facts);
  AppendComment(out, indent, FlagName(key.path) + ", " + EnvironmentName(key.path));
}

enum class Comments { kNone, kPerKey };

std::string Render(const Config& config, Comments comments) {
  std::string out;
  std::string_view section;
  for (const ConfigKey& key : ConfigKeys()) {
    const std::string_view path = key.path;
    const std::size_t dot = path.find('.');
    const std::string_view own_section =
        dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
    const std::string_view name = dot == std::string_view::npos ? path : path.substr(dot + 1);
    const std::string_view indent = own_section.empty() ? "" : "  ";
    if (own_section != section) {
      section = own_section;
      if (comments == Comments::kPerKey) out += "\n";
      out += std::string(section) + ":\n";
    }
    if (comments == Comments::kPerKey) AppendKeyComment(out, indent, key);
    const std::string value = key.get(config);
    out += std::string(indent) + std::string(name) + ": " + (key.is_text ? Quoted(value) : value);
    out += "\n";
  }
  return out;
}

}  // namespace

std::string RenderConfig(const Config& config) { return Render(config, Comments::kNone); }

std::string RenderSampleConfig() {
  return "# Configuration of productd: every key with its default. Delete what need not change.\n"
         "# Flags are stronger than the environment, the environment than this file.\n"
         "# productd --check-config --config FILE says whether a file is right.\n\n" +
         Render(Config(), Comments::kPerKey);
}

}  // namespace products
