#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace products::cli {

/// Why products were not stored: each in a file, a JSON object a line,
///     {"line":3,"reason":"sku is required","text":"{\"product_id\":7}"}
/// or the first few kept, to be printed at the end. One thread.
class RejectLog {
 public:
  /// What is told with a product.
  enum class Told { kReason, kReasonAndText };

  /// Keeps the first few. `what` is counted by a position: "product", "line".
  RejectLog(std::string what, Told told);
  /// Writes all to `path`. Of what it holds already the lines for positions before `keep_before`
  /// stay, the others go: they are told of again. kInvalidArgument when that cannot be.
  static Result<std::unique_ptr<RejectLog>> Open(const std::string& path, std::uint64_t keep_before,
                                                 std::string what);
  ~RejectLog();
  RejectLog(const RejectLog&) = delete;
  RejectLog& operator=(const RejectLog&) = delete;

  void Add(std::uint64_t position, std::string_view reason, std::string_view text);
  /// Hands what was added to the system; fails when the file could not take all of it.
  Status Flush();
  /// The kept ones, a line each, and how many of `total` are not among them; with a file its name.
  void Print(std::ostream& err, std::uint64_t total) const;

 private:
  class File;

  const std::string what_;
  const Told told_;
  std::unique_ptr<File> file_;  // absent when the first few are kept
  std::vector<std::string> first_;
};

}  // namespace products::cli
