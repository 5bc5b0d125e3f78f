#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace products::cli {

class GzipDecoder;

/// What a file was when it was opened, to know it again; not a proof against who wants to deceive.
struct FileIdentity {
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t head_hash = 0;  ///< FNV-1a of the first 64 KiB

  bool operator==(const FileIdentity&) const = default;
};

/// The bytes of a file or of standard input, unpacked when they begin as gzip does. Waits for a
/// pipe no longer than until `wake_descriptor` is readable. One thread.
class InputFile {
 public:
  /// "-" is standard input. kInvalidArgument when it cannot be opened or is a directory.
  static Result<std::unique_ptr<InputFile>> Open(const std::string& path, int wake_descriptor);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Fills in up to `capacity` (> 0) bytes; 0 is the end. kInvalidArgument when reading fails
  /// and for gzipped bytes that are damaged or cut off, kUnavailable when it was woken.
  Result<std::size_t> Read(char* out, std::size_t capacity);

  /// As they lie in the file: gzipped ones count as gzipped.
  std::uint64_t bytes_read() const { return bytes_read_; }
  /// Of a file; absent for a pipe or a terminal.
  std::optional<std::uint64_t> size() const { return size_; }
  /// Whether Read may have to wait for somebody who writes.
  bool may_wait() const { return !size_; }
  /// Of a file; absent for a pipe or a terminal.
  Result<std::optional<FileIdentity>> Identify() const;

 private:
  InputFile(std::string name, int descriptor, int wake_descriptor);
  Result<std::size_t> ReadRaw(char* out, std::size_t capacity);

  const std::string name_;
  const int descriptor_;
  const int wake_descriptor_;
  std::optional<std::uint64_t> size_;
  std::int64_t modified_ns_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::unique_ptr<GzipDecoder> decoder_;
  bool head_was_seen_ = false;
  std::string raw_;            // as read
  std::string_view raw_left_;  // of raw_, what is not handed out or unpacked yet
};

}  // namespace products::cli
