#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace products::test {

/// Requests as text.
std::string GetText(std::string_view target);
/// A valid product.
std::string PostText(std::string_view target);

/// Of the responses one behind the other: "200", "404 close" ...
std::vector<std::string> StatusesIn(std::string_view responses);

}  // namespace products::test
