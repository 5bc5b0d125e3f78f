#pragma once

#include <optional>
#include <string>

namespace products::cli {

/// Figures for people: about three digits and a unit, "-" for what is absent. Any double gives a
/// short text.

/// "0", "12.3", "12345", "1.2e+20".
std::string RenderRate(double per_second);
/// "85 µs", "1.25 ms", "3.4 s"; "<50 µs" for what is below `floor`, the least that can be told.
std::string RenderLatency(std::optional<double> seconds, double floor);
/// "0 B", "157 MiB", "1.2 GiB".
std::string RenderBytes(std::optional<double> bytes);
/// A whole number: "1000000".
std::string RenderCount(std::optional<double> count);
/// "45 s", "3 h 20 min", "12 d 3 h".
std::string RenderAge(double seconds);

}  // namespace products::cli
