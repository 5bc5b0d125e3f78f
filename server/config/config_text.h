#pragma once

#include <string>

#include "server/config/config.h"

namespace products {

/// The YAML of --print-config: every key with its value. LoadConfig reads it back to the same
/// values.
std::string RenderConfig(const Config& config);

/// packaging/productd.yaml: every key with its default, and what it means, its unit, its flag and
/// its environment name as comments.
std::string RenderSampleConfig();

}  // namespace products
