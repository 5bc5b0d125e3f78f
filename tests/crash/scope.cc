#include "tests/crash/scope.h"

#include <cstdlib>
#include <string_view>

namespace products::crash {

Scope CurrentScope() {
  const char* const wanted = std::getenv("PRODUCTD_CRASH_TESTS");
  if (wanted != nullptr && std::string_view(wanted) == "full") return Scope::kFull;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return Scope::kSanitized;
#else
  return Scope::kUsual;
#endif
}

}  // namespace products::crash
