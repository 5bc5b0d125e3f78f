#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "cli/gzip.h"
#include "core/base/result.h"

namespace products::cli {

/// A file that appears under its name only when it is whole: written beside it, synced, renamed. A
/// pipe or device of that name, and standard output, are written as they are. One thread.
class OutputFile {
 public:
  enum class Packing { kNone, kGzip };

  /// "-" is `standard_output`, which must outlive it. kInvalidArgument, as of all its failures,
  /// with what the system says: no space, no right, no such directory.
  static Result<std::unique_ptr<OutputFile>> Create(const std::string& path, Packing packing,
                                                    std::ostream& standard_output);
  /// Removes what was written unless Commit succeeded.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  Status Write(std::string_view text);
  /// Once, behind the last Write: on disk and under its name when it returns.
  Status Commit();

  /// On disk, that is behind packing.
  std::uint64_t bytes() const { return bytes_; }

 private:
  OutputFile(std::string path, std::ostream* stream);
  Status WriteOut(std::string_view bytes);
  Error Failure(int error) const;

  const std::string path_;      // the final one
  std::ostream* const stream_;  // absent for a file
  std::string temporary_path_;  // empty when there is none, or not any more
  int descriptor_ = -1;
  std::unique_ptr<GzipEncoder> encoder_;
  std::string buffer_;
  std::uint64_t bytes_ = 0;
};

}  // namespace products::cli
