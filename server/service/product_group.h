#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "server/storage/engine.h"

namespace products {

/// Products on their way into the catalogue together: a part of a batch, which becomes one commit.
/// One thread at a time.
class ProductGroup {
 public:
  /// Past either of these a commit gains nothing from being larger, and other writes wait longer
  /// for it.
  static constexpr std::size_t kFullProducts = 8192;
  static constexpr std::size_t kFullBytes = std::size_t{2} << 20;

  /// Validates `json` as a product that carries its own id, and adds it. On failure the group is
  /// as it was; the error is the client's, as ParseProduct has it.
  Status Add(std::string_view json);

  bool empty() const { return changes_.empty(); }
  std::size_t size() const { return changes_.size(); }
  /// Memory of the records.
  std::size_t bytes() const { return bytes_; }
  bool IsFull() const { return size() >= kFullProducts || bytes() >= kFullBytes; }

  /// What was added, in that order. The group is then empty.
  std::vector<Change> TakeChanges();

 private:
  std::vector<Change> changes_;
  std::size_t bytes_ = 0;
};

}  // namespace products
