#include "server/config/config.h"

namespace products {

std::string_view StorageEngineName(StorageEngine engine) {
  switch (engine) {
    case StorageEngine::kMemory:
      return "memory";
    case StorageEngine::kLmdb:
      return "lmdb";
  }
  return "memory";
}

std::optional<StorageEngine> ParseStorageEngine(std::string_view name) {
  for (const StorageEngine engine : {StorageEngine::kMemory, StorageEngine::kLmdb}) {
    if (StorageEngineName(engine) == name) return engine;
  }
  return std::nullopt;
}

}  // namespace products
