#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/crash/io_log.h"

namespace products::crash {

/// What a recorded call is taken to promise. All true is the truth; false leaves a promise out, to
/// show that the tests miss it.
struct SyncRules {
  bool file_syncs = true;          ///< fsync and fdatasync of a file
  bool synchronous_writes = true;  ///< O_DSYNC
  bool directory_syncs = true;     ///< fsync of a directory
};

/// Which of the pending changes outlive the power.
struct Survivors {
  /// By number of the pending write.
  std::vector<bool> writes;
  /// This surviving write is torn: only those of its sectors reach the disk that this seed chooses.
  std::optional<std::size_t> torn_write = std::nullopt;
  std::uint32_t tear_seed = 0;
  /// The first so many pending changes of names.
  std::size_t names = 0;
};

/// The files after a power cut, by path relative to the tree. Directories are where files are.
using DiskState = std::map<std::string, std::string>;

/// A disk as the file system promises it and not a bit better. Of a file, what was written before
/// its last fsync or fdatasync is durable, size included. What was written later is pending: any
/// subset of it may reach the disk, in any order, and one write in parts of 512-byte sectors. A
/// write through an O_DSYNC descriptor makes itself durable and nothing before it. A part of a file
/// that was never written and lies before its end reads as zeros.
///
/// After a sync that failed, what was pending stays so for ever: the kernel may have dropped it and
/// believe it written, and a later sync that succeeds says nothing about it.
///
/// Names are stricter than ext4 and xfs are: a new, renamed or removed name is durable only after
/// fsync of its directory, never by fsync of the file. Names that are pending reach the disk in
/// order, as a journal replays them, and independently of any file's content.
class DiskModel {
 public:
  explicit DiskModel(const SyncRules& rules) : rules_(rules) {}

  /// The call is under way: what it changes is pending.
  void Begin(const IoEvent& event);
  /// The call has returned, and with it what it makes durable is so. True when it makes any.
  bool Finish(const IoEvent& event);

  std::size_t pending_writes() const { return writes_.size(); }
  std::size_t pending_names() const { return names_.size(); }

  DiskState After(const Survivors& survivors) const;
  Survivors Everything() const;
  Survivors Nothing() const;

 private:
  struct File {
    std::string durable;
  };
  using FilePtr = std::shared_ptr<File>;  // a file has any number of names, pending ones included
  using Names = std::map<std::string, FilePtr>;

  struct PendingWrite {
    FilePtr file;
    std::uint64_t offset;
    std::string bytes;
    bool truncates;
    // Durable already, but kept in line behind writes that came before it and are not.
    bool is_durable = false;
    // A sync of it has failed.
    bool is_forsaken = false;
  };
  struct PendingName {
    IoKind kind;
    std::string path;
    std::string target;
    FilePtr file;
  };

  static void Apply(const PendingName& change, Names& names);
  static void Apply(const PendingWrite& write, std::string& content);
  static void ApplyTorn(const PendingWrite& write, std::uint32_t seed, std::string& content);
  bool SettleFile(const FilePtr& file);
  void FoldDurable(const FilePtr& file);
  bool SettleDirectory(const std::string& path);

  const SyncRules rules_;
  std::map<std::uint64_t, FilePtr> files_;  // by the log's number
  Names current_names_;
  Names durable_names_;
  std::vector<PendingWrite> writes_;
  std::vector<PendingName> names_;
};

}  // namespace products::crash
