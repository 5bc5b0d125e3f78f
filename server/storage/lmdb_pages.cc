#include "server/storage/lmdb_pages.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace products {
namespace {

Error Damaged(const std::string& file, const std::string& what) {
  return {ErrorCode::kCorrupt, file + " is damaged: " + what, {}};
}

}  // namespace

// The offsets are those of MDB_meta, behind a page's header of 16 bytes.
Status CheckMetaPages(const std::string& file, std::uint64_t file_bytes) {
  constexpr off_t kPageSizeOffset = 16 + 24;
  constexpr off_t kLastPageOffset = kPageSizeOffset + 2 * 48;
  constexpr off_t kNumberOffset = kLastPageOffset + 8;
  struct Meta {
    std::uint32_t page_bytes = 0;
    std::uint64_t last_page = 0;
    std::uint64_t number = 0;
  };
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return ErrnoError(ErrorCode::kUnavailable, "cannot read " + file, errno);
  const auto read_meta = [descriptor](Meta& meta, off_t begin) {
    const auto read_at = [descriptor](auto& number, off_t at) {
      return ::pread(descriptor, &number, sizeof number, at) == sizeof number;
    };
    return read_at(meta.page_bytes, begin + kPageSizeOffset) &&
           read_at(meta.last_page, begin + kLastPageOffset) &&
           read_at(meta.number, begin + kNumberOffset) && std::has_single_bit(meta.page_bytes);
  };
  Meta even;
  Meta odd;
  const bool is_read = read_meta(even, 0) && read_meta(odd, even.page_bytes);
  ::close(descriptor);
  if (!is_read || even.page_bytes != odd.page_bytes || even.number % 2 != 0 ||
      (even.number + 1 != odd.number && odd.number + 1 != even.number)) {
    return Damaged(file, "its first two pages are not those of two commits in a row");
  }
  const std::uint64_t pages = file_bytes / even.page_bytes;
  const std::uint64_t last_page = std::max(even.last_page, odd.last_page);
  if (last_page < pages) return {};
  return Damaged(file,
                 "it has " + std::to_string(pages) + " pages of " + std::to_string(last_page));
}

void PageUse::SawInUse(const void* place, std::size_t page_bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(place) & ~(page_bytes - 1);
  std::uint64_t number = 0;
  std::memcpy(&number, reinterpret_cast<const void*>(begin), sizeof number);
  if (number < is_used_.size()) is_used_[number] = true;
}

bool PageUse::SawFree(std::uint64_t number) {
  // Pages 0 and 1 are the meta pages.
  if (number < 2 || number >= is_free_.size() || is_free_[number] || is_used_[number]) return false;
  is_free_[number] = true;
  ++free_count_;
  return true;
}

// How many page numbers there are, and then they.
bool PageUse::SawFreeList(std::string_view value) {
  std::uint64_t count = 0;
  if (value.size() < sizeof count) return false;
  std::memcpy(&count, value.data(), sizeof count);
  if (count >= value.size() / sizeof count) return false;
  for (std::uint64_t i = 1; i <= count; ++i) {
    std::uint64_t number = 0;
    std::memcpy(&number, value.data() + i * sizeof number, sizeof number);
    if (!SawFree(number)) return false;
  }
  return true;
}

}  // namespace products
