#pragma once

#include <string_view>

namespace products {

/// The project's version, `MAJOR.MINOR.PATCH`, from project(VERSION) in CMakeLists.txt.
std::string_view Version();

/// The abbreviated git commit the program was built from; "unknown" outside a checkout.
std::string_view Commit();

}  // namespace products
