#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace products::cli {

/// A positive duration with its unit, as flags and settings take it: "500ms", "5s", "1.5s", "2m",
/// "1h"; at most a day. Absent when it is anything else, a number without a unit included.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

/// For people: "35 ms", "1.2 s", "45 s", "2 min 5 s", "3 h 20 min".
std::string RenderDuration(std::chrono::nanoseconds duration);

}  // namespace products::cli
