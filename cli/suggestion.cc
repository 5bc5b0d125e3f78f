#include "cli/suggestion.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace products::cli {
namespace {

// Optimal string alignment: insert, delete, replace, swap of neighbours, each at cost one.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, current);
  }
  return last[b.size()];
}

}  // namespace

std::string_view Suggest(std::string_view typed, std::span<const std::string_view> candidates) {
  constexpr std::size_t kLongestTyped = 64;  // The cost is quadratic; nobody mistypes more.
  if (typed.empty() || typed.size() > kLongestTyped) return {};
  std::string_view nearest;
  // A third of the letters wrong is a typing mistake, more is another word.
  std::size_t nearest_distance = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = EditDistance(typed, candidate);
    if (distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest;
}

std::string SuggestionText(std::string_view typed, std::span<const std::string_view> candidates) {
  const std::string_view nearest = Suggest(typed, candidates);
  if (nearest.empty()) return {};
  return std::string("; did you mean \"").append(nearest).append("\"?");
}

}  // namespace products::cli
