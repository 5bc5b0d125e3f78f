#pragma once

#include <string>

#include "core/base/result.h"

namespace products::cli {

/// An ETag as typed behind --if-match, as a header takes it: `abc` stands for `"abc"`, for a shell
/// eats quotes. kInvalidArgument for what no server sends: an empty one, one with a quote within, a
/// space or a control character, and a weak one (`W/"abc"`), which matches nothing.
Result<std::string> ParseEtag(const std::string& typed);

}  // namespace products::cli
