#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tests/crash/io_log.h"

namespace products::crash {

/// What a fault counts and makes fail.
enum class IoCall {
  kWrite,             ///< through an ordinary descriptor
  kSynchronousWrite,  ///< through one opened with O_SYNC or O_DSYNC
  kSync,              ///< fsync, fdatasync
  kName,              ///< creation, rename, link, removal, of a directory too
};

/// What becomes of a call.
enum class IoVerdict {
  kDone,
  kFailed,    ///< with fault_error(); what should be durable may be in the page cache, and never is
  kHalfDone,  ///< a write takes half of what it was given
  kDeadly,    ///< the process dies within: it has reached the page cache and is not yet durable
};

/// Behind the interposed calls of io_shim: knows which descriptors belong to the watched tree,
/// writes what happens to it into the log, and says which calls fail. Set by the environment:
///
///     PRODUCTD_IO_TREE     the tree, an absolute path; lock files in it are not watched
///     PRODUCTD_IO_LOG      where the log goes; without it nothing is recorded
///     PRODUCTD_IO_FAULT    CALL:N:ERROR, the Nth CALL fails with ERROR
///       CALL               write, synchronous_write, sync, name: as IoCall
///       ERROR              EIO, ENOSPC, HALF, KILL: as IoVerdict
///
/// The caller holds mutex() around a call and what it reports of it, so that the log is in the
/// order of the calls.
class IoRecorder {
 public:
  /// The process's own; absent when no tree is watched.
  static IoRecorder* Find();

  std::mutex& mutex() { return mutex_; }

  /// `path` within the tree, absent for others and for lock files.
  std::optional<std::string> InTree(int directory, const char* path) const;

  IoVerdict Judge(IoCall call);
  int fault_error() const { return fault_ ? fault_->error : 0; }
  /// Ends the process as kill -9 does.
  [[noreturn]] static void Die();

  struct OpenFile {
    std::string path;
    std::uint64_t file;
    bool synchronous;
    bool is_directory;
  };
  void Opened(int descriptor, std::string path, int flags, bool created);
  void Closed(int descriptor);
  /// Absent when the descriptor is not of the tree.
  const OpenFile* FindOpen(int descriptor) const;

  void Record(const IoEvent& event);

 private:
  IoRecorder(std::string tree, const char* log_path, const char* fault);

  struct Fault {
    IoCall call;
    std::size_t number;
    IoVerdict verdict;
    int error;
  };
  static std::optional<Fault> ParseFault(std::string_view text);

  std::mutex mutex_;  // guards all below
  const std::string tree_;
  int log_ = -1;
  std::optional<Fault> fault_;
  std::size_t counted_ = 0;
  std::map<int, OpenFile> open_files_;
};

}  // namespace products::crash
