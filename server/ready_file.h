#pragma once

#include <string>

#include "core/base/error.h"

namespace products {

/// The file by which a starter learns that the server is ready, and at which addresses. It appears
/// whole under its name, once there is something to say.
class ReadyFile {
 public:
  /// Empty for none.
  explicit ReadyFile(std::string path) : path_(std::move(path)) {}
  ~ReadyFile();
  ReadyFile(const ReadyFile&) = delete;
  ReadyFile& operator=(const ReadyFile&) = delete;

  /// Removes what an earlier process left, which would say too soon that this one is ready, and
  /// tries that the file can be written.
  Status Prepare();
  Status Publish(const std::string& text);

 private:
  std::string Beside() const { return path_ + ".tmp"; }

  const std::string path_;
  bool prepared_ = false;
};

}  // namespace products
