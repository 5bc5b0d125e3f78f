#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/engine.h"

namespace products::test {

/// An engine whose commits wait until the test lets them go, and end as the test says.
class HeldEngine final : public Engine {
 public:
  /// Id and body; the body of a removal is "removed".
  using Batch = std::vector<std::pair<ProductId, std::string>>;

  static constexpr std::chrono::microseconds kSyncTime{300};

  std::string_view name() const override { return "held"; }
  std::size_t size() const override { return 0; }
  Status Fill(const RunSource&) override { return {}; }
  Status Load(const RecordSink&) override { return {}; }
  Result<CommitReport> Commit(std::span<const Change> batch) override;
  Result<BackupReport> Backup(const std::string&, const ProgressSink&) override {
    return InvalidArgument("nothing is stored");
  }
  EngineFigures figures() const override { return {}; }

  /// Commits wait from here on.
  void Hold();
  /// Lets the waiting commit and all later ones go, each with `outcome`.
  void LetGo(const Status& outcome = {});
  /// Returns once a commit waits.
  void WaitUntilHeld();

  /// Of commits that ended well or not, in order.
  std::vector<Batch> batches() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  int waiting_ = 0;
  Status outcome_;
  std::vector<Batch> batches_;
};

}  // namespace products::test
