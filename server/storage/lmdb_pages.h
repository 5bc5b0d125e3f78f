#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace products {

/// What LMDB believes of its file and does not check. The layouts are those of mdb.c, data version
/// 1.

/// LMDB takes the meta page with the larger transaction number: a damaged number would pass the
/// state before the last commit for the last. So before LMDB sees them: they must be of two commits
/// in a row, in page 0 the even one, and lead nowhere beyond the file. kCorrupt when they do not.
Status CheckMetaPages(const std::string& file, std::uint64_t file_bytes);

/// Which pages of a file are said to be free and which are seen in use.
class PageUse {
 public:
  explicit PageUse(std::size_t pages) : is_used_(pages), is_free_(pages) {}

  /// `place` lies in a page of the map, which begins with its number.
  void SawInUse(const void* place, std::size_t page_bytes);
  /// A value of the list of free pages. False when it is none, or says of a page what cannot be.
  bool SawFreeList(std::string_view value);
  std::size_t free_count() const { return free_count_; }

 private:
  bool SawFree(std::uint64_t number);

  std::vector<bool> is_used_;
  std::vector<bool> is_free_;
  std::size_t free_count_ = 0;
};

}  // namespace products
