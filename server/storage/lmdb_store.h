#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "server/storage/engine.h"
#include "server/storage/lmdb_format.h"

struct MDB_env;

namespace products {

/// One LMDB file of products (lmdb_format.h): what the engine, its backups and the offline
/// operations share.
///
/// LMDB has no checksums of its own. A product's shows a changed byte; the totals that each commit
/// leaves show products that are missing, twice there or of an older state, whatever page of the
/// file is damaged. The meta pages and the list of free pages are checked for what they must be
/// besides (lmdb_pages.h).
class LmdbStore {
 public:
  enum class Access {
    kServe,  ///< a directory's data.mdb, every commit synced
    kBuild,  ///< a new file that nobody sees: synced once, by Sync
    kRead,   ///< an existing file that nobody writes
  };

  /// Takes each product in turn; false ends the reading.
  using Visitor = std::function<bool(ProductId id, std::string_view body)>;
  /// Takes what is wrong with one product; reading goes on behind it.
  using FaultVisitor = std::function<void(const Error& fault)>;

  /// `path` is the directory for kServe, else the file. The file cannot grow beyond `map_bytes`,
  /// which cost address space, not memory or disk; kRead takes what the file has. kCorrupt when the
  /// file is none of LMDB's or shorter than it says, kUnavailable when the operating system
  /// refuses.
  static Result<std::unique_ptr<LmdbStore>> Open(const std::string& path, Access access,
                                                 std::uint64_t map_bytes);
  ~LmdbStore();
  LmdbStore(const LmdbStore&) = delete;
  LmdbStore& operator=(const LmdbStore&) = delete;

  /// Without reading them. kCorrupt when the header is missing or damaged.
  Result<std::size_t> CountProducts();

  /// Hands over every product, ids ascending, as one moment's state, and checks all there is to
  /// check. The first fault ends it with kCorrupt; with `on_fault` that goes for faults of the
  /// file's structure only. Any thread, beside Write.
  Result<StoredTotals> ReadAll(const Visitor& visit, const FaultVisitor& on_fault = {});

  /// Before the first Write to a file that holds something: what ReadAll has found in it. The
  /// writer's thread.
  void SetTotals(const StoredTotals& totals) { totals_ = totals; }

  /// One transaction, all or nothing; Engine::Commit's contract. One thread.
  Result<CommitReport> Write(std::span<const Change> batch);

  /// Makes durable what is in the file.
  Status Sync();

  /// Gives the memory of the file's pages back that reading and writing have mapped, by mapping the
  /// file anew. The writer's thread, while nobody reads. When that fails nothing may be called any
  /// more.
  Status Remap();

  /// Size of the file. The writer's thread, while there is one.
  std::uint64_t stored_bytes() const;

 private:
  struct EnvCloser {
    void operator()(MDB_env* env) const;
  };

  LmdbStore(std::string file, std::unique_ptr<MDB_env, EnvCloser> env);
  bool TakesWrites() const;
  bool IsDiskFull() const;

  const std::string file_;
  const std::unique_ptr<MDB_env, EnvCloser> env_;
  StoredTotals totals_;  // of the last commit; the writer's
};

}  // namespace products
