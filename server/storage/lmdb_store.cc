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

#include "server/storage/lmdb_format.h"
#include "server/storage/lmdb_pages.h"
#include "server/storage/map_fault_guard.h"

namespace products {
namespace {

constexpr mdb_mode_t kFileMode = 0640;
// More than a header has: what a damaged page says of a length must not be believed.
constexpr std::size_t kMaxHeaderBytes = 64;
// What a write of LMDB's takes at most, 64 pages: less is free after one that was cut short.
constexpr std::uint64_t kFullDiskBytes = 64 * 4096;

MDB_val KeyOf(std::uint32_t& id) { return {sizeof id, &id}; }

FileMap MapOf(MDB_env* env) {
  int descriptor = -1;
  mdb_env_get_fd(env, &descriptor);
  return FileMap(descriptor);
}

bool Holds(const FileMap& map, const MDB_val& value) {
  return map.Holds(value.mv_data, value.mv_size);
}

std::string_view BytesOf(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

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

Status CompareTotals(const StoredTotals& found, const StoredTotals& last, const std::string& file) {
  if (last.commit != found.commit) {
    return Corrupt(file, "the last that was stored is missing");
  }
  if (last.products != found.products) {
    return Corrupt(file, "it has " + std::to_string(found.products) + " products of " +
                             std::to_string(last.products));
  }
  if (last.checksum_sum != found.checksum_sum) {
    return Corrupt(file, "some of its products are of an older state than the others");
  }
  return {};
}

// Puts `body` where a cursor stands or is to stand.
int PutProduct(MDB_cursor* cursor, std::uint32_t id, std::string_view body, unsigned flags,
               std::uint32_t checksum, const StoredTotals* totals) {
  MDB_val key = KeyOf(id);
  MDB_val value{StoredSize(body, totals != nullptr), nullptr};
  const int code = mdb_cursor_put(cursor, &key, &value, flags | MDB_RESERVE);
  if (code != MDB_SUCCESS) return code;
  RenderProductAt(static_cast<char*>(value.mv_data), body, checksum, totals);
  return MDB_SUCCESS;
}

// Takes a product that is there out of the totals. MDB_NOTFOUND when it is not there.
int TakeOut(MDB_cursor* cursor, std::uint32_t id, StoredTotals& totals) {
  MDB_val key = KeyOf(id);
  MDB_val value{};
  const int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_KEY);
  if (code != MDB_SUCCESS) return code;
  totals.products -= 1;
  totals.checksum_sum -= ParseStoredProduct(BytesOf(key), BytesOf(value)).checksum;
  return MDB_SUCCESS;
}

std::uint32_t LastId(MDB_cursor* cursor) {
  MDB_val key{};
  MDB_val value{};
  std::uint32_t id = 0;
  if (mdb_cursor_get(cursor, &key, &value, MDB_LAST) != MDB_SUCCESS || key.mv_size != sizeof id) {
    return 0;
  }
  std::memcpy(&id, key.mv_data, sizeof id);
  return id;
}

// `totals` are those before it, and then those after it.
int PutBatch(MDB_txn* txn, std::span<const Change> batch, StoredTotals& totals) {
  MDB_dbi database = 0;
  int code = mdb_dbi_open(txn, nullptr, MDB_INTEGERKEY | MDB_CREATE, &database);
  if (code != MDB_SUCCESS) return code;
  MDB_cursor* opened = nullptr;
  if (code = mdb_cursor_open(txn, database, &opened); code != MDB_SUCCESS) return code;
  const Cursor cursor(opened);
  MDB_stat stat{};
  if (code = mdb_stat(txn, database, &stat); code != MDB_SUCCESS) return code;
  const bool has_header = stat.ms_entries > 0;
  totals.commit = mdb_txn_id(txn);

  std::uint32_t last_id = LastId(cursor.get());
  const auto change = [&](const Change& wanted, bool with_totals) -> int {
    const auto id = static_cast<std::uint32_t>(wanted.id);
    // Behind all there is: appended, pages are filled to the end and no key is looked for.
    const bool is_append = id > last_id;
    int done = is_append ? MDB_NOTFOUND : TakeOut(cursor.get(), id, totals);
    if (done != MDB_SUCCESS && done != MDB_NOTFOUND) return done;
    if (wanted.record == nullptr) {
      return done == MDB_NOTFOUND ? MDB_SUCCESS : mdb_cursor_del(cursor.get(), 0);
    }
    const std::string_view body = wanted.record->body();
    const std::uint32_t checksum = ProductChecksum(id, body);
    totals.products += 1;
    totals.checksum_sum += checksum;
    last_id = std::max(last_id, id);
    return PutProduct(cursor.get(), id, body, is_append ? MDB_APPEND : 0U, checksum,
                      with_totals ? &totals : nullptr);
  };
  // The last product that is put goes last: only then the totals that it takes are known.
  const auto is_put = [](const Change& wanted) { return wanted.record != nullptr; };
  const auto last_put = std::find_if(batch.rbegin(), batch.rend(), is_put);
  for (const Change& wanted : batch) {
    if (last_put != batch.rend() && &wanted == &*last_put) continue;
    if (code = change(wanted, false); code != MDB_SUCCESS) return code;
  }
  if (last_put != batch.rend()) {
    code = change(*last_put, has_header);
    if (code != MDB_SUCCESS || has_header) return code;
  }
  std::string header = RenderHeader(totals);
  std::uint32_t header_id = kHeaderKey;
  MDB_val key = KeyOf(header_id);
  MDB_val value{header.size(), header.data()};
  return mdb_put(txn, database, &key, &value, 0);
}

// Inside MapFaultGuard::Run a failed assertion of LMDB is one more way to say that a page is bad.
void OnAssertion(MDB_env*, const char*) { MapFaultGuard::Leave(); }

std::size_t PagesOf(MDB_txn* txn, MDB_dbi database) {
  MDB_stat stat{};
  mdb_stat(txn, database, &stat);
  return stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
}

// A page that is in use and said to be free is lost with the next commit that takes it. Every page
// is one or the other, and a free one only once.
Status CheckFreePages(MDB_txn* txn, MDB_dbi products, PageUse& pages, std::size_t page_count,
                      const std::string& file, const FileMap& map, MapFaultGuard& guard) {
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
      if (code == MDB_SUCCESS) is_sound = Holds(map, value) && pages.SawFreeList(BytesOf(value));
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

Result<std::size_t> LmdbStore::CountProducts() {
  const FileMap map = MapOf(env_.get());
  MapFaultGuard guard;
  const Result<Txn> txn = BeginRead(env_.get(), file_);
  if (!txn.ok()) return txn.error();
  std::string header;
  MDB_stat stat{};
  int code = MDB_SUCCESS;
  const bool read = guard.Run([&, txn = txn->get()] {
    MDB_dbi database = 0;
    code = mdb_dbi_open(txn, nullptr, 0, &database);
    if (code == MDB_SUCCESS) code = mdb_stat(txn, database, &stat);
    if (code != MDB_SUCCESS) return;
    std::uint32_t id = kHeaderKey;
    MDB_val key = KeyOf(id);
    MDB_val value{};
    code = mdb_get(txn, database, &key, &value);
    if (code == MDB_SUCCESS && !Holds(map, value)) code = MDB_CORRUPTED;
    if (code == MDB_SUCCESS) header = BytesOf(value).substr(0, kMaxHeaderBytes);
  });
  if (!read) return Corrupt(file_, kFaulted);
  if (code != MDB_SUCCESS && code != MDB_NOTFOUND) return ReadError(file_, code);
  const Result<StoredTotals> totals = ParseHeader(header, file_);
  if (!totals.ok()) return totals.error();
  return stat.ms_entries - 1;
}

Result<StoredTotals> LmdbStore::ReadAll(const Visitor& visit, const FaultVisitor& on_fault) {
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
  const FileMap map = MapOf(env_.get());
  MapFaultGuard guard;
  std::string header;
  StoredTotals found;
  StoredTotals last;  // those of the last commit that has left any
  std::uint32_t last_id = 0;
  bool has_faults = false;
  for (MDB_cursor_op step = MDB_FIRST;; step = MDB_NEXT) {
    StoredProduct product;
    const bool read = guard.Run([&, cursor = cursor.get()] {
      MDB_val key{};
      MDB_val value{};
      code = mdb_cursor_get(cursor, &key, &value, step);
      if (code == MDB_SUCCESS && !(Holds(map, key) && Holds(map, value))) code = MDB_CORRUPTED;
      if (code != MDB_SUCCESS) return;
      if (step == MDB_FIRST) header = BytesOf(value).substr(0, kMaxHeaderBytes);
      product = ParseStoredProduct(BytesOf(key), BytesOf(value));
      pages.SawInUse(key.mv_data, page_bytes);
      pages.SawInUse(value.mv_data, page_bytes);
    });
    if (!read) return Corrupt(file_, kFaulted);
    if (code == MDB_NOTFOUND) break;
    if (code != MDB_SUCCESS) return ReadError(file_, code);
    if (step == MDB_FIRST) {
      const Result<StoredTotals> totals = ParseHeader(header, file_);
      if (!totals.ok()) return totals.error();
      last = *totals;
      continue;
    }
    if (product.id <= last_id) {
      return Corrupt(file_, "ids are not in order behind " + std::to_string(last_id));
    }
    last_id = product.id;
    found.products += 1;
    found.checksum_sum += product.checksum;
    if (product.totals && product.totals->commit > last.commit) last = *product.totals;
    if (!product.is_whole) {
      const Error fault =
          Corrupt(file_, "product " + std::to_string(product.id) + " is not what was stored");
      if (!on_fault) return fault;
      on_fault(fault);
      has_faults = true;
      continue;
    }
    if (!visit(static_cast<ProductId>(product.id), product.body)) {
      return Error{ErrorCode::kTimeout, "reading " + file_ + " was ended", {}};
    }
  }
  if (header.empty()) return Corrupt(file_, "its header is missing");
  // A damaged product may be the one with the last totals.
  if (!has_faults) {
    found.commit = mdb_txn_id(txn->get());
    const Status sound = CompareTotals(found, last, file_);
    if (!sound.ok()) return sound.error();
  }
  const Status sound = CheckFreePages(txn->get(), *database, pages, page_count, file_, map, guard);
  if (!sound.ok()) return sound.error();
  return found;
}

Result<CommitReport> LmdbStore::Write(std::span<const Change> batch) {
  MDB_txn* begun = nullptr;
  int code = mdb_txn_begin(env_.get(), nullptr, 0, &begun);
  if (code != MDB_SUCCESS) return WriteError(file_, code);
  Txn txn(begun);
  StoredTotals totals = totals_;
  code = PutBatch(txn.get(), batch, totals);
  const auto put = std::chrono::steady_clock::now();
  if (code == MDB_SUCCESS) code = mdb_txn_commit(txn.release());
  txn.reset();
  if (code == MDB_SUCCESS) {
    totals_ = totals;
    return CommitReport{std::chrono::steady_clock::now() - put};
  }
  if (code == EIO && IsDiskFull()) code = ENOSPC;
  Error error = WriteError(file_, code);
  if (error.code == ErrorCode::kOverloaded && !TakesWrites()) {
    error = {ErrorCode::kUnavailable, "cannot write " + file_, std::move(error.detail)};
  }
  return error;
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
