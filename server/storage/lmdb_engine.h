#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "server/storage/engine.h"

namespace products {

struct LmdbOptions {
  /// Made when it is not there; its parent must be. On a local file system: LMDB's locks and its
  /// map do not work over a network.
  std::string directory;
  /// What the data file may grow to. Costs address space, not disk or memory.
  std::uint64_t max_data_bytes = std::uint64_t{64} << 30;
};

/// An LMDB environment in a directory of its own, which one process at a time may use: kUnavailable
/// with the other's pid when it is in use. Every commit is synced before it returns: the pages,
/// then the page that makes them count. A directory without data.mdb is begun as an empty
/// catalogue; a data.mdb that is damaged is kCorrupt, never begun anew.
///
///     data.mdb         the products (lmdb_store.h)
///     lock.mdb         LMDB's; holds nothing that matters after a crash
///     productd.lock    locked while a process uses the directory; its pid
Result<std::unique_ptr<Engine>> OpenLmdbEngine(const LmdbOptions& options);

/// What a reading of everything has found.
struct VerifyReport {
  std::size_t products = 0;
  std::uint64_t file_bytes = 0;
  /// Damaged products, at most kMaxVerifyFaults of them.
  std::vector<std::string> faults;
  std::size_t fault_count = 0;
};
inline constexpr std::size_t kMaxVerifyFaults = 20;

/// Reads everything in a directory that no process uses and checks all there is to check. An error
/// when the file's structure is damaged, so that not everything can be read.
Result<VerifyReport> VerifyLmdb(const std::string& directory, const ProgressSink& progress);

/// Makes a data directory of a backup, checking all of it. kInvalidArgument when `directory` holds
/// anything; it is then, and after every failure, as it was. kCorrupt when the backup is damaged.
Result<BackupReport> RestoreLmdb(const std::string& backup_file, const std::string& directory,
                                 const ProgressSink& progress);

}  // namespace products
