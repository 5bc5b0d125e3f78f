#include "server/config/config_names.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>

#include "server/config/config_keys.h"

namespace products {
namespace {

// Names longer than this resemble none of ours; bounds the work for hostile ones.
constexpr std::size_t kMaxComparedBytes = 80;

// Optimal string alignment: the letters to add, drop, replace, or swap with their neighbour.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

// The part after the section.
std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('.') + 1); }

}  // namespace

std::string EnvironmentName(std::string_view path) {
  std::string name = "PRODUCTD_";
  for (const char c : path) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::string FlagName(std::string_view path) {
  std::string name = "--";
  for (const char c : path) name += c == '.' || c == '_' ? '-' : c;
  return name;
}

std::string ClosestName(std::string_view name, const std::vector<std::string>& candidates) {
  if (name.size() > kMaxComparedBytes) return {};
  std::string closest;
  std::size_t closest_distance = std::max<std::size_t>(1, name.size() / 4) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = EditDistance(name, candidate);
    if (distance >= closest_distance) continue;
    closest_distance = distance;
    closest = candidate;
  }
  return closest;
}

std::string SuggestConfigKey(std::string_view path) {
  std::vector<std::string> paths;
  std::vector<std::string> names;
  for (const ConfigKey& key : ConfigKeys()) {
    paths.push_back(key.path);
    names.emplace_back(NameOf(key.path));
  }
  const std::string closest_path = ClosestName(path, paths);
  if (!closest_path.empty()) return closest_path;
  const std::string closest_name = ClosestName(NameOf(path), names);
  if (closest_name.empty()) return {};
  return paths[std::find(names.begin(), names.end(), closest_name) - names.begin()];
}

std::string QuotedForMessage(std::string_view text) {
  constexpr std::size_t kMaxQuotedBytes = 60;
  constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text.substr(0, kMaxQuotedBytes)) {
    if (c >= ' ' && c < '\x7f') {
      quoted += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      quoted += "\\x";
      quoted += kHex[byte >> 4];
      quoted += kHex[byte & 15];
    }
  }
  quoted += text.size() > kMaxQuotedBytes ? "...\"" : "\"";
  return quoted;
}

}  // namespace products
