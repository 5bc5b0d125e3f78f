#pragma once

#include <string_view>

namespace products {

/// openapi.json as it is served: with this build's version, compact, and with one "\n" at its end.
std::string_view OpenApiDocument();

}  // namespace products
