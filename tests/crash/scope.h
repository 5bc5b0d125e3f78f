#pragma once

namespace products::crash {

/// How much of what could be tried is tried.
enum class Scope {
  kSanitized,  ///< a few of each kind: under a sanitizer all is some twenty times slower
  kUsual,      ///< half a minute
  kFull,       ///< minutes; `make test-crash`
};

/// kFull when PRODUCTD_CRASH_TESTS is "full".
Scope CurrentScope();

}  // namespace products::crash
