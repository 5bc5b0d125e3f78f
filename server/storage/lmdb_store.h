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

struct MDB_env;
struct MDB_txn;

namespace products {

/// One LMDB file of products: what the engine, its backups and the offline operations share.
///
/// Keys are ids, as LMDB's integer keys; key 0 is the header. All numbers are little-endian.
///
///     header:  [ "productd": 8 bytes ][ format version: 4 ][ CRC-32C of the rest: 4 ]
///              [ products: 8 ][ sum of their checksums: 8 ]
///     product: [ CRC-32C of id and body: 4 ][ body, as on the wire, with its "\n" ]
///
/// LMDB has no checksums of its own. A product's shows a changed byte; count and sum, which every
/// transaction keeps, show products that are missing, twice there or of an older state, whatever
/// page of the file is damaged. The meta pages and the list of free pages are checked for what they
/// must be besides.
class LmdbStore {
 public:
  enum class Access {
    kServe,  ///< a directory's data.mdb, every commit synced
    kBuild,  ///< a new file that nobody sees: synced once, by Sync
    kRead,   ///< an existing file that nobody writes
  };

  struct Totals {
    std::uint64_t products = 0;
    std::uint64_t checksum_sum = 0;
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

  /// The header's. kCorrupt when there is none or it is damaged.
  Result<Totals> ReadTotals();

  /// Hands over every product, ids ascending, as one moment's state, and checks all there is to
  /// check. The first fault ends it with kCorrupt; with `on_fault` that goes for faults of the
  /// file's structure only. Any thread, beside Write.
  Status ReadAll(const Visitor& visit, const FaultVisitor& on_fault = {});

  /// One transaction, all or nothing; Engine::Commit's contract. One thread.
  Status Write(std::span<const Change> batch);

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
  Status PutBatch(MDB_txn* txn, std::span<const Change> batch) const;
  bool TakesWrites() const;
  bool IsDiskFull() const;

  const std::string file_;
  const std::unique_ptr<MDB_env, EnvCloser> env_;
};

}  // namespace products
