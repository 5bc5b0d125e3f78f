#pragma once

#include <string>
#include <string_view>
#include <vector>

// The names that follow from a key's path, and what a misspelt one may stand for. Thread-safe.

namespace products {

/// "http.idle_timeout_ms" -> "PRODUCTD_HTTP_IDLE_TIMEOUT_MS".
std::string EnvironmentName(std::string_view path);

/// "http.idle_timeout_ms" -> "--http-idle-timeout-ms".
std::string FlagName(std::string_view path);

/// The candidate that `name` most likely stands for; empty when none is near. Near is an edit
/// distance (letters missing, added, replaced or swapped) of at most a quarter of the length.
std::string ClosestName(std::string_view name, const std::vector<std::string>& candidates);

/// The path of the key that `path` most likely stands for: one at a small edit distance, or the
/// same name in another section. Empty when none is near.
std::string SuggestConfigKey(std::string_view path);

/// `text` in quotes for an error message: cut after 60 bytes, and everything but printable ASCII
/// as \xNN, for the text may come from anywhere.
std::string QuotedForMessage(std::string_view text);

}  // namespace products
