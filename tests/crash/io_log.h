#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace products::crash {

/// What happened to one file of the recorded tree, in the order in which it happened.
enum class IoKind : std::uint8_t {
  kCreate,         ///< a file came to be under `path`
  kWrite,          ///< `bytes` at `offset`
  kTruncate,       ///< `offset` is the new size
  kSync,           ///< fsync or fdatasync of a file
  kMakeDirectory,  ///< `path`
  kSyncDirectory,  ///< fsync of `path`
  kRename,         ///< `path` became `target`
  kLink,           ///< `path` is now `target` too
  kUnlink,         ///< `path`, a file or an empty directory
  kMark,           ///< the recorded program wrote `bytes` into kMarksFile
  kFault,          ///< a call was made to fail, or to do less
  kSyncFault,      ///< the same, and it was one that should have made `file` durable
};

/// In the tree, and no part of it: what the recorded program has to say goes here, a write a mark.
inline constexpr const char* kMarksFile = "marks";

/// One call that succeeded, or a fault. Paths are relative to the tree, whose own path is ".".
struct IoEvent {
  IoKind kind = IoKind::kWrite;
  /// Of a write: the descriptor is O_SYNC or O_DSYNC, so it is durable at return.
  bool synchronous = false;
  /// Names the file across renames.
  std::uint64_t file = 0;
  std::uint64_t offset = 0;
  std::string path = {};
  std::string target = {};
  std::string bytes = {};
};

/// How an event lies in the log: this, then path, target and bytes. Of the machine that wrote it.
struct IoEventHeader {
  std::uint64_t file;
  std::uint64_t offset;
  std::uint64_t bytes_size;
  std::uint32_t path_size;
  std::uint32_t target_size;
  IoKind kind;
  std::uint8_t synchronous;
  std::uint8_t unused[6];
};

/// The log that io_shim has written. Throws std::runtime_error when it ends within an event.
std::vector<IoEvent> ReadIoLog(const std::string& path);

}  // namespace products::crash
