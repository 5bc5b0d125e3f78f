#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace products {

/// Reads a text file line by line, plain or gzipped as it finds it. Memory: a buffer, and the
/// longest line. One thread.
class LineReader {
 public:
  /// kUnavailable when it cannot be opened.
  static Result<std::unique_ptr<LineReader>> Open(const std::string& path,
                                                  std::size_t max_line_bytes);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line without its "\n", valid until the next call; absent behind the last. The last
  /// line need not end with "\n". kTooLarge for a line over the limit, kCorrupt for gzipped bytes
  /// that are damaged or cut off, kUnavailable when reading fails; nothing can be read after that.
  Result<std::optional<std::string_view>> Next();

  /// Of the line that Next gave or failed at, from 1.
  std::uint64_t line_number() const { return line_number_; }

 private:
  class File;
  LineReader(std::string path, std::size_t max_line_bytes, std::unique_ptr<File> file);
  Status ReadMore();

  const std::string path_;
  const std::size_t max_line_bytes_;
  const std::unique_ptr<File> file_;
  std::string buffer_;
  std::size_t line_begin_ = 0;
  bool at_end_ = false;
  std::uint64_t line_number_ = 0;
};

}  // namespace products
