#include "server/storage/lmdb_engine.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <utility>

#include "server/storage/durable_files.h"
#include "server/storage/lmdb_store.h"

namespace products {
namespace {

constexpr std::string_view kDataFile = "/data.mdb";
constexpr std::string_view kNewDataFile = "/data.mdb.new";
constexpr std::string_view kLockFile = "/productd.lock";

// Transactions of a file that is built: larger ones write no faster.
constexpr std::size_t kBuildProducts = 10'000;
// The map of a copy: it comes out a little larger or smaller than its source.
constexpr std::uint64_t kCopySlackBytes = std::uint64_t{64} << 20;
// Reading calls the progress sink this often.
constexpr std::size_t kProgressProducts = 4096;
// Changes that may have mapped pages of the file before their memory is given back: each maps 64
// KiB around its page, so a quarter of a GiB at most, where the file has that.
constexpr std::size_t kRemapChanges = 4096;

bool Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// A directory that is there may have been made by a process that died before it had synced the
// name.
Status MakeDirectory(const std::string& directory) {
  const bool is_new = ::mkdir(directory.c_str(), 0750) == 0;
  if (!is_new && errno != EEXIST) {
    return ErrnoError(ErrorCode::kUnavailable, "cannot make directory " + directory, errno);
  }
  const std::string parent = ParentDirectory(directory);
  // One that was made for this process may lie where it can sync nothing.
  if (!is_new && ::access(parent.c_str(), R_OK) != 0) return {};
  return SyncDirectory(parent);
}

// Fills a new file with what `source` holds and makes it durable. Not yet under its name.
Result<BackupReport> CopyStore(LmdbStore& source, const std::string& file,
                               const ProgressSink& progress) {
  auto copy =
      LmdbStore::Open(file, LmdbStore::Access::kBuild, source.stored_bytes() * 2 + kCopySlackBytes);
  if (!copy.ok()) return copy.error();
  std::vector<Change> run;
  run.reserve(kBuildProducts);
  BackupReport report;
  Status written;
  const auto write_run = [&] {
    written = (*copy)->Write(run).status();
    report.products += run.size();
    run.clear();
    return written.ok() && progress(report.products);
  };
  const Result<StoredTotals> read = source.ReadAll([&](ProductId id, std::string_view body) {
    run.push_back({id, ProductRecord::Make(id, body)});
    return run.size() < kBuildProducts || write_run();
  });
  if (!written.ok()) return written.error();
  if (!read.ok()) return read.error();
  // The last run also writes the header of a catalogue that is empty.
  const bool goes_on = write_run();
  if (!written.ok()) return written.error();
  if (!goes_on) return Error{ErrorCode::kTimeout, "copying to " + file + " was ended", {}};
  const Status synced = (*copy)->Sync();
  if (!synced.ok()) return synced.error();
  report.file_bytes = (*copy)->stored_bytes();
  return report;
}

// Makes data.mdb of what `next` yields, whole or absent: one that cannot be read is damage and
// never a start that was cut short.
Status BuildDataFile(const LmdbOptions& options, const RunSource& next) {
  TemporaryFile file(options.directory + std::string(kNewDataFile));
  {
    auto store = LmdbStore::Open(file.path(), LmdbStore::Access::kBuild, options.max_data_bytes);
    if (!store.ok()) return store.error();
    while (true) {
      Result<std::vector<Change>> run = next();
      if (!run.ok()) return run.error();
      KeepLastOfEachId(*run);
      // An empty one too: it leaves the header of an empty catalogue.
      const Status written = (*store)->Write(*run).status();
      if (!written.ok()) return written;
      if (run->empty()) break;
    }
    const Status synced = (*store)->Sync();
    if (!synced.ok()) return synced;
  }
  return file.RenameTo(options.directory + std::string(kDataFile));
}

class LmdbEngine final : public Engine {
 public:
  LmdbEngine(LmdbOptions options, std::unique_ptr<DirectoryLock> lock)
      : options_(std::move(options)), lock_(std::move(lock)) {}
  /// Before anything else, once.
  Status OpenStore();

  std::string_view name() const override { return "lmdb"; }
  std::size_t size() const override { return size_; }
  Status Fill(const RunSource& next) override;
  Status Load(const RecordSink& sink) override;
  Result<CommitReport> Commit(std::span<const Change> batch) override;
  Result<BackupReport> Backup(const std::string& file, const ProgressSink& progress) override;
  EngineFigures figures() const override {
    return {stored_bytes_.load(std::memory_order_relaxed), options_.max_data_bytes};
  }

 private:
  void KeepFigures();
  void RemapIfUnread();

  const LmdbOptions options_;
  const std::unique_ptr<DirectoryLock> lock_;
  std::unique_ptr<LmdbStore> store_;
  std::size_t size_ = 0;
  bool has_totals_ = false;  // the store knows those of the last commit
  std::size_t mapped_changes_ = 0;
  std::atomic<bool> backup_mapped_{false};
  std::atomic<std::uint64_t> stored_bytes_{0};
  std::mutex reading_;  // held while a backup reads through the store's map, or it is renewed
  Status map_state_;    // not ok: there is no map any more
};

Status LmdbEngine::OpenStore() {
  auto store =
      LmdbStore::Open(options_.directory, LmdbStore::Access::kServe, options_.max_data_bytes);
  if (!store.ok()) return store.error();
  // What a process that was killed has left may be in the page cache only, the file's name too. No
  // reader may see what a power cut could still undo.
  Status synced = (*store)->Sync();
  if (synced.ok()) synced = SyncDirectory(options_.directory);
  if (!synced.ok()) return synced;
  const Result<std::size_t> size = (*store)->CountProducts();
  if (!size.ok()) return size.error();
  store_ = std::move(*store);
  size_ = *size;
  has_totals_ = false;
  KeepFigures();
  return {};
}

void LmdbEngine::KeepFigures() {
  stored_bytes_.store(store_->stored_bytes(), std::memory_order_relaxed);
}

// In a file of its own, which then takes the empty one's place.
Status LmdbEngine::Fill(const RunSource& next) {
  store_.reset();
  const Status built = BuildDataFile(options_, next);
  const Status opened = OpenStore();
  return built.ok() ? opened : built;
}

// Through a map of its own, whose memory goes with it, and which the kernel reads ahead.
Status LmdbEngine::Load(const RecordSink& sink) {
  auto store =
      LmdbStore::Open(options_.directory + std::string(kDataFile), LmdbStore::Access::kRead, 0);
  if (!store.ok()) return store.error();
  const Result<StoredTotals> totals = (*store)->ReadAll(
      [&sink](ProductId id, std::string_view body) { return sink(ProductRecord::Make(id, body)); });
  if (!totals.ok()) return totals.error();
  store_->SetTotals(*totals);
  has_totals_ = true;
  return {};
}

Result<CommitReport> LmdbEngine::Commit(std::span<const Change> batch) {
  if (!map_state_.ok()) return map_state_.error();
  if (!has_totals_) {
    const Status loaded = Load([](ProductRecordPtr) { return true; });
    if (!loaded.ok()) return loaded.error();
  }
  const Result<CommitReport> written = store_->Write(batch);
  KeepFigures();
  mapped_changes_ += batch.size();
  if (mapped_changes_ >= kRemapChanges || backup_mapped_.exchange(false)) RemapIfUnread();
  return written;
}

void LmdbEngine::RemapIfUnread() {
  const std::unique_lock lock(reading_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  map_state_ = store_->Remap();
  mapped_changes_ = 0;
}

Result<BackupReport> LmdbEngine::Backup(const std::string& file, const ProgressSink& progress) {
  const std::lock_guard lock(reading_);
  if (!map_state_.ok()) return map_state_.error();
  if (Exists(file)) return InvalidArgument(file + " exists");
  TemporaryFile partial(file + ".partial");
  Result<BackupReport> report = CopyStore(*store_, partial.path(), progress);
  backup_mapped_ = true;
  if (!report.ok()) return report;
  const Status named = partial.RenameTo(file);
  if (!named.ok()) return named.error();
  return report;
}

// What mkfs puts into every ext4 volume is no data.
Result<bool> IsEmptyDirectory(const std::string& directory) {
  DIR* const listing = ::opendir(directory.c_str());
  if (listing == nullptr) {
    return ErrnoError(ErrorCode::kUnavailable, "cannot list " + directory, errno);
  }
  bool is_empty = true;
  while (const dirent* const entry = ::readdir(listing)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && name != "lost+found") is_empty = false;
  }
  ::closedir(listing);
  return is_empty;
}

}  // namespace

Result<std::unique_ptr<Engine>> OpenLmdbEngine(const LmdbOptions& options) {
  const Status made = MakeDirectory(options.directory);
  if (!made.ok()) return made.error();
  auto lock = DirectoryLock::Take(options.directory + std::string(kLockFile));
  if (!lock.ok()) return lock.error();
  if (!Exists(options.directory + std::string(kDataFile))) {
    const Status begun = BuildDataFile(
        options, []() -> Result<std::vector<Change>> { return std::vector<Change>(); });
    if (!begun.ok()) return begun.error();
  }
  auto engine = std::make_unique<LmdbEngine>(options, std::move(*lock));
  const Status opened = engine->OpenStore();
  if (!opened.ok()) return opened.error();
  return std::unique_ptr<Engine>(std::move(engine));
}

Result<VerifyReport> VerifyLmdb(const std::string& directory, const ProgressSink& progress) {
  const std::string file = directory + std::string(kDataFile);
  if (!Exists(file)) return Error{ErrorCode::kNotFound, "there is no " + file, {}};
  auto lock = DirectoryLock::Take(directory + std::string(kLockFile));
  if (!lock.ok()) return lock.error();
  auto store = LmdbStore::Open(file, LmdbStore::Access::kRead, 0);
  if (!store.ok()) return store.error();
  VerifyReport report;
  report.file_bytes = (*store)->stored_bytes();
  const Result<StoredTotals> read = (*store)->ReadAll(
      [&](ProductId, std::string_view) {
        ++report.products;
        return report.products % kProgressProducts != 0 || progress(report.products);
      },
      [&report](const Error& fault) {
        if (++report.fault_count <= kMaxVerifyFaults) report.faults.push_back(fault.message);
      });
  if (!read.ok()) return read.error();
  return report;
}

Result<BackupReport> RestoreLmdb(const std::string& backup_file, const std::string& directory,
                                 const ProgressSink& progress) {
  auto backup = LmdbStore::Open(backup_file, LmdbStore::Access::kRead, 0);
  if (!backup.ok()) return backup.error();
  const bool is_new = !Exists(directory);
  if (!is_new) {
    const Result<bool> is_empty = IsEmptyDirectory(directory);
    if (!is_empty.ok()) return is_empty.error();
    if (!*is_empty) return InvalidArgument(directory + " is not empty");
  }
  const Status made = MakeDirectory(directory);
  if (!made.ok()) return made.error();
  Result<BackupReport> report = [&]() -> Result<BackupReport> {
    TemporaryFile file(directory + std::string(kNewDataFile));
    Result<BackupReport> copied = CopyStore(**backup, file.path(), progress);
    if (!copied.ok()) return copied;
    const Status named = file.RenameTo(directory + std::string(kDataFile));
    if (!named.ok()) return named.error();
    return copied;
  }();
  if (!report.ok() && is_new) ::rmdir(directory.c_str());
  return report;
}

}  // namespace products
