#pragma once

#include <memory>

#include "server/storage/engine.h"

namespace products {

/// Keeps nothing: the product table is all there is, and a 2xx is gone with the process.
std::unique_ptr<Engine> OpenMemoryEngine();

}  // namespace products
