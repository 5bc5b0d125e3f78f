#include "server/service/preload.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/line_reader.h"
#include "server/service/product_group.h"

namespace products {
namespace {

// The longest product has a sixth of it, whatever it escapes.
constexpr std::size_t kMaxLineBytes = 64 * 1024;
constexpr std::size_t kProgressProducts = 4096;

bool IsBlank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

Error AtLine(const std::string& file, std::uint64_t line, Error error) {
  error.message = file + ", line " + std::to_string(line) + ": " + error.message;
  return error;
}

Result<std::vector<Change>> ReadProducts(const std::string& file, std::uint64_t max_table_bytes,
                                         const ProgressSink& progress) {
  auto reader = LineReader::Open(file, kMaxLineBytes);
  if (!reader.ok()) return reader.error();
  ProductGroup group;
  while (true) {
    const Result<std::optional<std::string_view>> line = (*reader)->Next();
    if (!line.ok()) return AtLine(file, (*reader)->line_number(), line.error());
    if (!line->has_value()) break;
    if (IsBlank(**line)) continue;
    const Status added = group.Add(**line);
    if (!added.ok()) return AtLine(file, (*reader)->line_number(), added.error());
    if (group.bytes() > max_table_bytes) {
      return AtLine(file, (*reader)->line_number(),
                    {ErrorCode::kTooLarge, "the products take more than storage.max_table_bytes", {}});
    }
    if (group.size() % kProgressProducts == 0 && !progress(group.size())) {
      return Error{ErrorCode::kTimeout, "reading " + file + " was ended", {}};
    }
  }
  return group.TakeChanges();
}

}  // namespace

Status Preload(const std::string& file, std::uint64_t max_table_bytes, Engine& engine,
               ProductTable& table, const ProgressSink& progress) {
  Result<std::vector<Change>> changes = ReadProducts(file, max_table_bytes, progress);
  if (!changes.ok()) return changes.error();
  KeepLastOfEachId(*changes);
  // One commit, so that a start that is cut short finds the catalogue still empty.
  const Status committed = engine.Commit(*changes);
  if (!committed.ok()) return committed;
  for (Change& change : *changes) table.Put(std::move(change.record));
  return {};
}

}  // namespace products
