#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cli/file_kind.h"
#include "cli/reject_log.h"
#include "core/base/result.h"
#include "core/product/product.h"

namespace products::cli {

/// The products of a file, ids ascending, the last of those with the same id.
class SortedProducts {
 public:
  virtual ~SortedProducts() = default;
  /// False behind the last. Fails as the file does.
  virtual Result<bool> Next(Product& product) = 0;
};

struct SortedFile {
  std::unique_ptr<SortedProducts> products;
  std::uint64_t refused = 0;  ///< lines that are no product
};

struct SortPlan {
  /// Of products as JSON that are kept in memory; beyond that they must be sorted.
  std::size_t max_memory_bytes = std::size_t{64} * 1024 * 1024;
  int wake_descriptor = -1;
  /// Every thousand rows or so; false ends it with kUnavailable. May be empty.
  std::function<bool(std::uint64_t products, std::uint64_t bytes)> on_progress;
};

/// Reads a file of products twice: at once to see whether it is sorted, and if so again while the
/// result is read, in constant memory; else into memory, where it is sorted, kTooLarge when it does
/// not fit. What comes through a pipe is always read into memory. Lines that are no product go to
/// `rejects`.
Result<SortedFile> OpenSorted(const std::string& path, FileFormat format, const SortPlan& plan,
                              RejectLog& rejects);

}  // namespace products::cli
