#include "server/storage/memory_engine.h"

namespace products {
namespace {

class MemoryEngine final : public Engine {
 public:
  std::string_view name() const override { return "memory"; }

  Status Load(const std::function<void(ProductRecordPtr)>&) override { return {}; }

  Status Commit(std::span<const Change>) override { return {}; }
};

}  // namespace

std::unique_ptr<Engine> OpenMemoryEngine() { return std::make_unique<MemoryEngine>(); }

}  // namespace products
