#pragma once

#include <span>
#include <string>
#include <string_view>

namespace products::cli {

/// What was probably meant: the candidate nearest to `typed` by edits of one character (a swap of
/// neighbours counts as one), empty when none is near enough to be helpful.
std::string_view Suggest(std::string_view typed, std::span<const std::string_view> candidates);

/// The same as the end of a sentence: "; did you mean \"put\"?", or nothing.
std::string SuggestionText(std::string_view typed, std::span<const std::string_view> candidates);

}  // namespace products::cli
