#pragma once

#include <string>

namespace products::cli {

/// Compares `text` with tests/cli/golden/<name>.txt; writes that file instead when the environment
/// has PRODUCTCTL_UPDATE_GOLDEN=1.
void ExpectGoldenText(const std::string& name, const std::string& text);

}  // namespace products::cli
