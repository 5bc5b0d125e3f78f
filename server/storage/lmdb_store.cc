#include "server/storage/lmdb_store.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "server/storage/checksum.h"
#include "server/storage/map_fault_guard.h"

namespace products {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's numbers are little-endian");

constexpr std::string_view kMagic = "productd";
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::uint32_t kHeaderKey = 0;
// Far above any product; what a damaged page says of a length must not be believed.
constexpr std::size_t kMaxValueBytes = 1 << 20;
constexpr mdb_mode_t kFileMode = 0640;
// What a write of LMDB's takes at most, 64 pages: less is free after one that was cut short.
constexpr std::uint64_t kFullDiskBytes = 64 * 4096;

struct Header {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t checksum;  // of what follows
  std::uint64_t products;
  std::uint64_t checksum_sum;
};

std::uint32_t ChecksumOf(const LmdbStore::Totals& totals) {
  std::array<std::uint64_t, 2> numbers{totals.products, totals.checksum_sum};
  return Crc32c({reinterpret_cast<const char*>(numbers.data()), sizeof numbers});
}

std::uint32_t ChecksumOf(std::uint32_t id, std::string_view body) {
  return Crc32c(body, Crc32c({reinterpret_cast<const char*>(&id), sizeof id}));
}

MDB_val KeyOf(std::uint32_t& id) { return {sizeof id, &id}; }

struct TxnAborter {
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
using Txn = std::unique_ptr<MDB_txn, TxnAborter>;
struct CursorCloser {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using Cursor = std::unique_ptr<MDB_cursor, CursorCloser>;

Error Corrupt(const std::string& file, const std::string& what) {
  return {ErrorCode::kCorrupt, file + " is damaged: " + what, {}};
}

Error ReadError(const std::string& file, int code) {
  switch (code) {
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_VERSION_MISMATCH:
    case MDB_CURSOR_FULL:
      return {ErrorCode::kCorrupt, file + " is damaged or no file of this program's",
              mdb_strerror(code)};
    default:
      return {ErrorCode::kUnavailable, "cannot read " + file, mdb_strerror(code)};
  }
}

Error WriteError(const std::string& file, int code) {
  switch (code) {
    case MDB_MAP_FULL:
      return {ErrorCode::kOverloaded, "the data file has reached its limit", mdb_strerror(code)};
    case ENOSPC:
    case EDQUOT:
      return {ErrorCode::kOverloaded, "the disk is full", mdb_strerror(code)};
    default:
      return {ErrorCode::kUnavailable, "cannot write " + file, mdb_strerror(code)};
  }
}

constexpr char kFaulted[] = "a page leads to where the file has nothing";

Result<Txn> BeginRead(MDB_env* env, const std::string& file) {
  MDB_txn* txn = nullptr;
  const int code = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
  if (code != MDB_SUCCESS) return ReadError(file, code);
  return Txn(txn);
}

// There is one database in the file, the unnamed one.
Result<MDB_dbi> OpenDatabase(MDB_txn* txn, const std::string& file, unsigned flags) {
  MDB_dbi database = 0;
  const int code = mdb_dbi_open(txn, nullptr, flags, &database);
  if (code != MDB_SUCCESS) return ReadError(file, code);
  return database;
}

// What a value of the file says, once it is safe to look at.
struct Entry {
  std::uint32_t id = 0;
  std::uint32_t checksum = 0;
  std::string_view body;
  bool has_form = false;
  bool is_whole = false;  // it is what its checksum is of
};

Entry ReadEntry(const MDB_val& key, const MDB_val& value) {
  Entry entry;
  if (key.mv_size != sizeof entry.id) return entry;
  std::memcpy(&entry.id, key.mv_data, sizeof entry.id);
  if (value.mv_size <= sizeof entry.checksum || value.mv_size > kMaxValueBytes) return entry;
  const char* const bytes = static_cast<const char*>(value.mv_data);
  std::memcpy(&entry.checksum, bytes, sizeof entry.checksum);
  entry.body = {bytes + sizeof entry.checksum, value.mv_size - sizeof entry.checksum};
  entry.has_form = entry.id <= static_cast<std::uint32_t>(kMaxProductId);
  entry.is_whole = entry.has_form && ChecksumOf(entry.id, entry.body) == entry.checksum;
  return entry;
}

// Absent when the value is no header.
std::optional<Header> ReadHeader(const MDB_val& value) {
  Header header{};
  if (value.mv_size != sizeof header) return std::nullopt;
  std::memcpy(&header, value.mv_data, sizeof header);
  if (std::string_view(header.magic.data(), header.magic.size()) != kMagic) return std::nullopt;
  return header;
}

Result<LmdbStore::Totals> CheckHeader(const std::optional<Header>& header,
                                      const std::string& file) {
  if (!header) return Corrupt(file, "its header is missing");
  if (header->version != kFormatVersion) {
    return Error{ErrorCode::kInvalidArgument,
                 file + " has format " + std::to_string(header->version) +
                     "; this version of productd reads format " + std::to_string(kFormatVersion),
                 {}};
  }
  const LmdbStore::Totals totals{header->products, header->checksum_sum};
  if (ChecksumOf(totals) != header->checksum) return Corrupt(file, "its header is not whole");
  return totals;
}

// Inside MapFaultGuard::Run a failed assertion of LMDB is one more way to say that a page is bad.
void OnAssertion(MDB_env*, const char*) { MapFaultGuard::Leave(); }

// LMDB believes its two meta pages, and takes the one with the larger transaction number: a damaged
// number would pass the state before the last commit for the last. So before LMDB sees them: they
// must be of two commits in a row, in page 0 the even one, and lead nowhere beyond the file. The
// offsets are those of MDB_meta in mdb.c, data version 1, behind a page's header of 16 bytes.
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
    return Corrupt(file, "its first two pages are not those of two commits in a row");
  }
  const std::uint64_t pages = file_bytes / even.page_bytes;
  const std::uint64_t last_page = std::max(even.last_page, odd.last_page);
  if (last_page < pages) return {};
  return Corrupt(file,
                 "it has " + std::to_string(pages) + " pages of " + std::to_string(last_page));
}

// Which pages of a file are said to be free and which are seen in use.
class PageUse {
 public:
  explicit PageUse(std::size_t pages) : is_used_(pages), is_free_(pages) {}

  // `place` lies in a page of the map, which begins with its number.
  void SawInUse(const void* place, std::size_t page_bytes) {
    const auto begin = reinterpret_cast<std::uintptr_t>(place) & ~(page_bytes - 1);
    std::uint64_t number = 0;
    std::memcpy(&number, reinterpret_cast<const void*>(begin), sizeof number);
    if (number < is_used_.size()) is_used_[number] = true;
  }
  // False when that cannot be.
  bool SawFree(std::uint64_t number) {
    if (number < 2 || number >= is_free_.size() || is_free_[number] || is_used_[number]) {
      return false;
    }
    is_free_[number] = true;
    ++free_count_;
    return true;
  }
  std::size_t free_count() const { return free_count_; }

 private:
  std::vector<bool> is_used_;
  std::vector<bool> is_free_;
  std::size_t free_count_ = 0;
};

// A list of page numbers: how many, and then they, descending. False when that is not what it is.
bool ReadFreeList(const MDB_val& value, PageUse& pages) {
  std::uint64_t count = 0;
  if (value.mv_size < sizeof count) return false;
  const char* const bytes = static_cast<const char*>(value.mv_data);
  std::memcpy(&count, bytes, sizeof count);
  if (count >= value.mv_size / sizeof count) return false;
  for (std::uint64_t i = 1; i <= count; ++i) {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes + i * sizeof number, sizeof number);
    if (!pages.SawFree(number)) return false;
  }
  return true;
}

std::size_t PagesOf(MDB_txn* txn, MDB_dbi database) {
  MDB_stat stat{};
  mdb_stat(txn, database, &stat);
  return stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
}

// A page that is in use and said to be free is lost with the next commit that takes it. Every page
// is one or the other, and a free one only once.
Status CheckFreePages(MDB_txn* txn, MDB_dbi products, PageUse& pages, std::size_t page_count,
                      const std::string& file, MapFaultGuard& guard) {
  constexpr MDB_dbi kFreeDatabase = 0;
  const auto damaged = [&file] { return Corrupt(file, "its list of free pages is not sound"); };
  MDB_cursor* opened = nullptr;
  int code = mdb_cursor_open(txn, kFreeDatabase, &opened);
  if (code != MDB_SUCCESS) return ReadError(file, code);
  const Cursor cursor(opened);
  bool is_sound = true;
  for (MDB_cursor_op step = MDB_FIRST; is_sound; step = MDB_NEXT) {
    const bool read = guard.Run([&, cursor = cursor.get()] {
      MDB_val key{};
      MDB_val value{};
      code = mdb_cursor_get(cursor, &key, &value, step);
      if (code == MDB_SUCCESS) is_sound = ReadFreeList(value, pages);
    });
    if (!read) return damaged();
    if (code == MDB_NOTFOUND) break;
    if (code != MDB_SUCCESS) return ReadError(file, code);
  }
  const std::size_t in_use = PagesOf(txn, products) + PagesOf(txn, kFreeDatabase);
  if (is_sound && 2 + in_use + pages.free_count() == page_count) return {};
  return damaged();
}

}  // namespace

void LmdbStore::EnvCloser::operator()(MDB_env* env) const { mdb_env_close(env); }

LmdbStore::LmdbStore(std::string file, std::unique_ptr<MDB_env, EnvCloser> env)
    : file_(std::move(file)), env_(std::move(env)) {}

LmdbStore::~LmdbStore() = default;

Result<std::unique_ptr<LmdbStore>> LmdbStore::Open(const std::string& path, Access access,
                                                   std::uint64_t map_bytes) {
  unsigned flags = MDB_NOTLS;
  switch (access) {
    case Access::kServe:
      flags |= MDB_NORDAHEAD;
      break;
    case Access::kBuild:
      flags |= MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC;
      break;
    case Access::kRead:
      flags |= MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY;
      break;
  }
  std::string file = access == Access::kServe ? path + "/data.mdb" : path;
  if (access != Access::kBuild) {
    struct stat there {};
    if (::stat(file.c_str(), &there) != 0) {
      return ErrnoError(ErrorCode::kUnavailable, "cannot read " + file, errno);
    }
    // LMDB takes an empty file for one that it is to begin.
    if (there.st_size == 0) return Corrupt(file, "it is empty");
    const auto file_bytes = static_cast<std::uint64_t>(there.st_size);
    const Status meta_pages = CheckMetaPages(file, file_bytes);
    if (!meta_pages.ok()) return meta_pages.error();
    if (access == Access::kRead) map_bytes = file_bytes;
  }
  MDB_env* env = nullptr;
  int code = mdb_env_create(&env);
  if (code != MDB_SUCCESS) return ReadError(file, code);
  std::unique_ptr<MDB_env, EnvCloser> owned(env);
  if (code = mdb_env_set_mapsize(env, map_bytes); code != MDB_SUCCESS) return ReadError(file, code);
  if (code = mdb_env_set_assert(env, OnAssertion); code != MDB_SUCCESS)
    return ReadError(file, code);
  code = mdb_env_open(env, path.c_str(), flags, kFileMode);
  if (code != MDB_SUCCESS) return ReadError(file, code);
  return std::unique_ptr<LmdbStore>(new LmdbStore(std::move(file), std::move(owned)));
}

Result<LmdbStore::Totals> LmdbStore::ReadTotals() {
  MapFaultGuard guard;
  const Result<Txn> txn = BeginRead(env_.get(), file_);
  if (!txn.ok()) return txn.error();
  std::optional<Header> header;
  int code = MDB_SUCCESS;
  const bool read = guard.Run([&, txn = txn->get()] {
    MDB_dbi database = 0;
    code = mdb_dbi_open(txn, nullptr, 0, &database);
    if (code != MDB_SUCCESS) return;
    std::uint32_t id = kHeaderKey;
    MDB_val key = KeyOf(id);
    MDB_val value{};
    code = mdb_get(txn, database, &key, &value);
    if (code == MDB_SUCCESS) header = ReadHeader(value);
  });
  if (!read) return Corrupt(file_, kFaulted);
  if (code != MDB_SUCCESS && code != MDB_NOTFOUND) return ReadError(file_, code);
  return CheckHeader(header, file_);
}

Status LmdbStore::ReadAll(const Visitor& visit, const FaultVisitor& on_fault) {
  const Result<Txn> txn = BeginRead(env_.get(), file_);
  if (!txn.ok()) return txn.error();
  const Result<MDB_dbi> database = OpenDatabase(txn->get(), file_, 0);
  if (!database.ok()) return database.error();
  MDB_cursor* opened = nullptr;
  int code = mdb_cursor_open(txn->get(), *database, &opened);
  if (code != MDB_SUCCESS) return ReadError(file_, code);
  const Cursor cursor(opened);

  MDB_stat stat{};
  mdb_stat(txn->get(), *database, &stat);
  const std::size_t page_bytes = stat.ms_psize;
  const std::size_t page_count = stored_bytes() / page_bytes;
  PageUse pages(page_count);
  MapFaultGuard guard;
  std::optional<Header> header;
  Totals found;
  bool has_faults = false;
  std::uint32_t last_id = 0;
  for (MDB_cursor_op step = MDB_FIRST;; step = MDB_NEXT) {
    Entry entry;
    const bool read = guard.Run([&, cursor = cursor.get()] {
      MDB_val key{};
      MDB_val value{};
      code = mdb_cursor_get(cursor, &key, &value, step);
      if (code != MDB_SUCCESS) return;
      if (step == MDB_FIRST) header = ReadHeader(value);
      entry = ReadEntry(key, value);
      pages.SawInUse(key.mv_data, page_bytes);
      pages.SawInUse(value.mv_data, page_bytes);
    });
    if (!read)
      return Corrupt(file_, std::string(kFaulted) + ", behind id " + std::to_string(last_id));
    if (code == MDB_NOTFOUND) break;
    if (code != MDB_SUCCESS) return ReadError(file_, code);
    if (step == MDB_FIRST) {
      const Result<Totals> totals = CheckHeader(header, file_);
      if (!totals.ok()) return totals.error();
      continue;
    }
    if (entry.id <= last_id) {
      return Corrupt(file_, "ids are not in order behind " + std::to_string(last_id));
    }
    last_id = entry.id;
    found.products += 1;
    found.checksum_sum += entry.checksum;
    if (!entry.is_whole) {
      const Error fault =
          Corrupt(file_, "product " + std::to_string(entry.id) + " is not what was stored");
      if (!on_fault) return fault;
      on_fault(fault);
      has_faults = true;
      continue;
    }
    if (!visit(static_cast<ProductId>(entry.id), entry.body)) {
      return Error{ErrorCode::kTimeout, "reading " + file_ + " was ended", {}};
    }
  }
  if (!header) return Corrupt(file_, "its header is missing");
  if (found.products != header->products) {
    return Corrupt(file_, "it has " + std::to_string(found.products) + " products of " +
                              std::to_string(header->products));
  }
  if (!has_faults && found.checksum_sum != header->checksum_sum) {
    return Corrupt(file_, "some of its products are of an older state than the others");
  }
  return CheckFreePages(txn->get(), *database, pages, page_count, file_, guard);
}

Status LmdbStore::PutBatch(MDB_txn* txn, std::span<const Change> batch) const {
  MDB_dbi database = 0;
  int code = mdb_dbi_open(txn, nullptr, MDB_INTEGERKEY | MDB_CREATE, &database);
  if (code != MDB_SUCCESS) return WriteError(file_, code);
  std::uint32_t header_id = kHeaderKey;
  MDB_val header_key = KeyOf(header_id);
  MDB_val value{};
  Totals totals;
  code = mdb_get(txn, database, &header_key, &value);
  if (code == MDB_SUCCESS) {
    const Result<Totals> stored = CheckHeader(ReadHeader(value), file_);
    if (!stored.ok()) return stored.error();
    totals = *stored;
  } else if (code != MDB_NOTFOUND) {
    return WriteError(file_, code);
  }
  MDB_cursor* opened = nullptr;
  if (code = mdb_cursor_open(txn, database, &opened); code != MDB_SUCCESS)
    return WriteError(file_, code);
  const Cursor cursor(opened);

  MDB_val key{};
  std::uint32_t last_id = 0;
  if (mdb_cursor_get(cursor.get(), &key, &value, MDB_LAST) == MDB_SUCCESS &&
      key.mv_size == sizeof last_id) {
    std::memcpy(&last_id, key.mv_data, sizeof last_id);
  }
  for (const Change& change : batch) {
    auto id = static_cast<std::uint32_t>(change.id);
    key = KeyOf(id);
    unsigned flags = MDB_RESERVE;
    if (id > last_id) {
      if (change.record == nullptr) continue;
      // Behind all there is: appended, pages are filled to the end and no key is looked for.
      flags |= MDB_APPEND;
      last_id = id;
      totals.products += 1;
    } else {
      code = mdb_cursor_get(cursor.get(), &key, &value, MDB_SET_KEY);
      if (code == MDB_SUCCESS) {
        std::uint32_t replaced = 0;
        if (value.mv_size < sizeof replaced) {
          return Corrupt(file_, "product " + std::to_string(id) + " is not what was stored");
        }
        std::memcpy(&replaced, value.mv_data, sizeof replaced);
        totals.checksum_sum -= replaced;
        if (change.record == nullptr) {
          totals.products -= 1;
          code = mdb_cursor_del(cursor.get(), 0);
          if (code != MDB_SUCCESS) return WriteError(file_, code);
          continue;
        }
      } else if (code != MDB_NOTFOUND) {
        return WriteError(file_, code);
      } else if (change.record == nullptr) {
        continue;
      } else {
        totals.products += 1;
      }
      key = KeyOf(id);
    }
    const std::string_view body = change.record->body();
    const std::uint32_t checksum = ChecksumOf(id, body);
    value = {sizeof checksum + body.size(), nullptr};
    code = mdb_cursor_put(cursor.get(), &key, &value, flags);
    if (code != MDB_SUCCESS) return WriteError(file_, code);
    char* const place = static_cast<char*>(value.mv_data);
    std::memcpy(place, &checksum, sizeof checksum);
    std::memcpy(place + sizeof checksum, body.data(), body.size());
    totals.checksum_sum += checksum;
  }

  Header header{{}, kFormatVersion, ChecksumOf(totals), totals.products, totals.checksum_sum};
  kMagic.copy(header.magic.data(), header.magic.size());
  header_key = KeyOf(header_id);
  value = {sizeof header, &header};
  code = mdb_put(txn, database, &header_key, &value, 0);
  if (code != MDB_SUCCESS) return WriteError(file_, code);
  return {};
}

Status LmdbStore::Write(std::span<const Change> batch) {
  MDB_txn* begun = nullptr;
  int code = mdb_txn_begin(env_.get(), nullptr, 0, &begun);
  if (code != MDB_SUCCESS) return WriteError(file_, code);
  Txn txn(begun);
  Status outcome = PutBatch(txn.get(), batch);
  if (outcome.ok()) {
    code = mdb_txn_commit(txn.release());
    if (code != MDB_SUCCESS) outcome = WriteError(file_, code);
  }
  txn.reset();
  if (!outcome.ok() && outcome.error().code == ErrorCode::kOverloaded && !TakesWrites()) {
    return Error{ErrorCode::kUnavailable, "cannot write " + file_, outcome.error().detail};
  }
  if (code == EIO && IsDiskFull() && TakesWrites()) return WriteError(file_, ENOSPC);
  return outcome;
}

// A write for which the disk has too little room is cut short, and LMDB reports that as EIO.
bool LmdbStore::IsDiskFull() const {
  struct statvfs disk {};
  return ::statvfs(file_.c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize < kFullDiskBytes;
}

// LMDB writes pages, syncs, and only then writes the page that makes them count. So a full disk has
// stored nothing, unless that last write has failed: LMDB then takes no more.
bool LmdbStore::TakesWrites() const {
  MDB_txn* probe = nullptr;
  if (mdb_txn_begin(env_.get(), nullptr, 0, &probe) != MDB_SUCCESS) return false;
  mdb_txn_abort(probe);
  return true;
}

Status LmdbStore::Sync() {
  const int code = mdb_env_sync(env_.get(), 1);
  if (code != MDB_SUCCESS) return WriteError(file_, code);
  return {};
}

Status LmdbStore::Remap() {
  MDB_envinfo info{};
  mdb_env_info(env_.get(), &info);
  const int code = mdb_env_set_mapsize(env_.get(), info.me_mapsize);
  if (code != MDB_SUCCESS) return ReadError(file_, code);
  return {};
}

std::uint64_t LmdbStore::stored_bytes() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(env_.get(), &info);
  mdb_env_stat(env_.get(), &stat);
  return (std::uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
}

}  // namespace products
