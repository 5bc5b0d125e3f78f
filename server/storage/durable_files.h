#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"

namespace products {

/// Makes the names in a directory durable: new files, and what they were renamed to.
Status SyncDirectory(const std::string& directory);

/// "a/b" of "a/b/c" and of "a/b/c/"; "." of "c".
std::string ParentDirectory(const std::string& path);

/// Gives a file whose contents are durable another name in the same directory, durably. Replaces
/// what has that name.
Status RenameDurably(const std::string& from, const std::string& to);

/// Removed with the object unless it was renamed: what a failure leaves half-written.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  Status RenameTo(const std::string& name);

 private:
  std::string path_;
  bool renamed_ = false;
};

/// Keeps a directory to one process for as long as it lives, by a lock on `file` that the kernel
/// gives back however the process ends. The file holds its pid.
class DirectoryLock {
 public:
  /// kUnavailable when another process has it.
  static Result<std::unique_ptr<DirectoryLock>> Take(const std::string& file);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  const int descriptor_;
};

}  // namespace products
