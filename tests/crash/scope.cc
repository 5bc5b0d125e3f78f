#include "tests/crash/scope.h"

#include <cstdlib>
#include <string_view>

namespace products::crash {

bool IsFullScope() {
  const char* const scope = std::getenv("PRODUCTD_CRASH_TESTS");
  return scope != nullptr && std::string_view(scope) == "full";
}

}  // namespace products::crash
