#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/line_reader.h"
#include "core/base/result.h"
#include "server/storage/engine.h"

namespace products {

/// The products of a file, for Engine::Fill: NDJSON, plain or gzipped, a product with its
/// product_id a line; blank lines are skipped. One thread.
class PreloadFile {
 public:
  /// kUnavailable when it cannot be opened.
  static Result<std::unique_ptr<PreloadFile>> Open(const std::string& path,
                                                   std::uint64_t max_table_bytes);

  /// The next run, empty at the end. The error names the first bad line: "FILE, line 3: sku is
  /// required". kTooLarge once the products take more than `max_table_bytes`.
  Result<std::vector<Change>> NextRun();

  /// Products read so far.
  std::size_t products() const { return products_; }

 private:
  PreloadFile(std::string path, std::uint64_t max_table_bytes, std::unique_ptr<LineReader> reader);
  Error AtLine(Error error) const;

  const std::string path_;
  const std::uint64_t max_table_bytes_;
  const std::unique_ptr<LineReader> reader_;
  std::size_t products_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace products
