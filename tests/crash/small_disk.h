#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "tests/support/temp_dir.h"

namespace products::crash {

/// An ext4 file system of its own in a file, seen by this process and its children only: it goes
/// with them, however they end. Needs the right to mount.
class SmallDisk {
 public:
  /// kUnavailable where mounting is not possible. The caller has one thread.
  static Result<std::unique_ptr<SmallDisk>> Mount(std::size_t mebibytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::string& path() const { return mount_point_; }
  /// Returns when the blocks of removed files are free: ext4 frees them with its journal's commit.
  void WaitUntilFreed() const;

 private:
  SmallDisk();

  test::TempDir directory_;
  std::string mount_point_;
};

}  // namespace products::crash
