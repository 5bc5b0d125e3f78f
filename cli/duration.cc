#include "cli/duration.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "core/base/parse.h"

namespace products::cli {
namespace {

struct Unit {
  std::string_view suffix;
  double milliseconds;
};

// "ms" before "m" and "s": the first suffix that fits is taken.
constexpr std::array<Unit, 4> kUnits = {
    {{"ms", 1.0}, {"s", 1000.0}, {"m", 60'000.0}, {"h", 3'600'000.0}}};

constexpr double kLongestMilliseconds = 24.0 * 3'600'000.0;

std::string WithOneDecimal(double value, std::string_view unit) {
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%.1f ", value);
  return std::string(text.data(), static_cast<std::size_t>(length)).append(unit);
}

}  // namespace

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    const std::optional<double> value =
        ParseDouble(text.substr(0, text.size() - unit.suffix.size()));
    if (!value) return std::nullopt;
    const double milliseconds = *value * unit.milliseconds;
    if (milliseconds < 1.0 || milliseconds > kLongestMilliseconds) return std::nullopt;
    return std::chrono::milliseconds(std::llround(milliseconds));
  }
  return std::nullopt;
}

std::string RenderDuration(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 1.0) return std::to_string(std::llround(seconds * 1000.0)) + " ms";
  if (seconds < 10.0) return WithOneDecimal(seconds, "s");
  const long long whole = std::llround(seconds);
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) {
    return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  }
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

}  // namespace products::cli
