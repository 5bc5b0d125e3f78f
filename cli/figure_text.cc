#include "cli/figure_text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "cli/duration.h"

namespace products::cli {
namespace {

constexpr double kLargestWritten = 1e15;  // beyond it a double has no units, and no column room

std::string Written(double value, int decimals) {
  std::array<char, 48> text;
  const bool is_huge = std::abs(value) >= kLargestWritten;
  const int length = is_huge ? std::snprintf(text.data(), text.size(), "%.1e", value)
                             : std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return std::string(text.data(), static_cast<std::size_t>(length));
}

// Three digits, or all of the whole part.
std::string ThreeDigits(double value) {
  if (value >= 99.95) return Written(value, 0);
  return Written(value, value >= 9.995 ? 1 : 2);
}

}  // namespace

std::string RenderRate(double per_second) {
  if (per_second == 0.0) return "0";
  return ThreeDigits(per_second);
}

std::string RenderLatency(std::optional<double> seconds, double floor) {
  if (!seconds) return "-";
  if (*seconds < floor) return "<" + RenderLatency(floor, 0.0);
  const double microseconds = *seconds * 1e6;
  if (microseconds < 999.5) return Written(microseconds, 0) + " µs";
  if (microseconds < 999'500.0) return ThreeDigits(microseconds / 1e3) + " ms";
  return ThreeDigits(*seconds) + " s";
}

std::string RenderBytes(std::optional<double> bytes) {
  if (!bytes) return "-";
  constexpr std::array<const char*, 6> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = *bytes;
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < kUnits.size()) {
    value /= 1024.0;
    ++unit;
  }
  return Written(value, unit > 0 && value < 9.95 ? 1 : 0) + " " + kUnits[unit];
}

std::string RenderCount(std::optional<double> count) { return count ? Written(*count, 0) : "-"; }

std::string RenderAge(double seconds) {
  constexpr double kHour = 3600.0;
  constexpr double kDay = 24.0 * kHour;
  // The server's clock may be ahead of this one's.
  seconds = std::max(seconds, 0.0);
  if (seconds < 2.0 * kDay) {
    return RenderDuration(std::chrono::seconds(static_cast<long long>(seconds)));
  }
  const double days = std::floor(seconds / kDay);
  return Written(days, 0) + " d " + Written(std::floor((seconds - days * kDay) / kHour), 0) + " h";
}

}  // namespace products::cli
