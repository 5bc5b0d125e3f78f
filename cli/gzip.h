#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace products::cli {

/// Whether `head`, the first bytes of a file, begin a gzip member (RFC 1952).
bool IsGzip(std::string_view head);

/// Decompresses gzip members one after the other, in constant memory.
class GzipDecoder {
 public:
  GzipDecoder();
  ~GzipDecoder();
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  /// Takes bytes from the front of `in`, which loses them, and writes up to `capacity` bytes to
  /// `out`; how many. 0 when it needs more input. kCorrupt when the bytes are damaged.
  Result<std::size_t> Decode(std::string_view& in, char* out, std::size_t capacity);
  /// Whether Decode may have more to give without more input.
  bool HasPendingOutput() const;
  /// Whether the input may end here: behind a whole member.
  bool IsAtEnd() const;

 private:
  class Stream;
  const std::unique_ptr<Stream> stream_;
};

/// Compresses into one gzip member, without a name or time, so that equal texts give equal files.
class GzipEncoder {
 public:
  GzipEncoder();
  ~GzipEncoder();
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  enum class Flush { kNo, kEnd };
  /// Appends to `out` what is ready; with kEnd all of it, and nothing may follow.
  void Encode(std::string_view text, Flush flush, std::string& out);

 private:
  class Stream;
  const std::unique_ptr<Stream> stream_;
};

}  // namespace products::cli
