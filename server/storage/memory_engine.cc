#include "server/storage/memory_engine.h"

#include <iterator>
#include <utility>
#include <vector>

namespace products {
namespace {

class MemoryEngine final : public Engine {
 public:
  std::string_view name() const override { return "memory"; }
  std::size_t size() const override { return filled_.size(); }
  Status Fill(const RunSource& next) override;
  Status Load(const RecordSink& sink) override;
  Result<CommitReport> Commit(std::span<const Change>) override { return CommitReport(); }
  Result<BackupReport> Backup(const std::string&, const ProgressSink&) override {
    return InvalidArgument("the memory engine stores nothing that a backup could hold");
  }
  EngineFigures figures() const override { return {}; }

 private:
  std::vector<Change> filled_;  // until it is loaded
};

Status MemoryEngine::Fill(const RunSource& next) {
  std::vector<Change> all;
  while (true) {
    Result<std::vector<Change>> run = next();
    if (!run.ok()) return run.error();
    if (run->empty()) break;
    std::move(run->begin(), run->end(), std::back_inserter(all));
  }
  KeepLastOfEachId(all);
  filled_ = std::move(all);
  return {};
}

Status MemoryEngine::Load(const RecordSink& sink) {
  for (Change& change : std::exchange(filled_, {})) {
    if (!sink(std::move(change.record))) {
      return Error{ErrorCode::kTimeout, "loading was ended", {}};
    }
  }
  return {};
}

}  // namespace

std::unique_ptr<Engine> OpenMemoryEngine() { return std::make_unique<MemoryEngine>(); }

}  // namespace products
