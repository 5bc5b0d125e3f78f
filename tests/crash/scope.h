#pragma once

namespace products::crash {

/// Whether PRODUCTD_CRASH_TESTS is "full": every state and a thousand rounds, as `make test-crash`
/// asks, and not the sample of every test run.
bool IsFullScope();

}  // namespace products::crash
