#include "server/storage/memory_engine.h"

namespace products {
namespace {

class MemoryEngine final : public Engine {
 public:
  std::string_view name() const override { return "memory"; }
  std::size_t size() const override { return 0; }
  Status Load(const RecordSink&) override { return {}; }
  Status Commit(std::span<const Change>) override { return {}; }
  Result<BackupReport> Backup(const std::string&, const ProgressSink&) override {
    return InvalidArgument("the memory engine stores nothing that a backup could hold");
  }
  EngineFigures figures() const override { return {}; }
};

}  // namespace

std::unique_ptr<Engine> OpenMemoryEngine() { return std::make_unique<MemoryEngine>(); }

}  // namespace products
