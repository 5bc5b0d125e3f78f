#include "server/service/preload.h"

#include <optional>
#include <string_view>
#include <utility>

#include "server/service/product_group.h"

namespace products {
namespace {

// The longest product has less than a tenth of it, whatever it escapes.
constexpr std::size_t kMaxLineBytes = 64 * 1024;

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

PreloadFile::PreloadFile(std::string path, std::uint64_t max_table_bytes,
                         std::unique_ptr<LineReader> reader)
    : path_(std::move(path)), max_table_bytes_(max_table_bytes), reader_(std::move(reader)) {}

Result<std::unique_ptr<PreloadFile>> PreloadFile::Open(const std::string& path,
                                                       std::uint64_t max_table_bytes) {
  auto reader = LineReader::Open(path, kMaxLineBytes);
  if (!reader.ok()) return reader.error();
  return std::unique_ptr<PreloadFile>(new PreloadFile(path, max_table_bytes, std::move(*reader)));
}

Error PreloadFile::AtLine(Error error) const {
  error.message = path_ + ", line " + std::to_string(reader_->line_number()) + ": " + error.message;
  return error;
}

Result<std::vector<Change>> PreloadFile::NextRun() {
  ProductGroup group;
  while (!group.IsFull()) {
    const Result<std::optional<std::string_view>> line = reader_->Next();
    if (!line.ok()) return AtLine(line.error());
    if (!line->has_value()) break;
    if (IsBlank(**line)) continue;
    const Status added = group.Add(**line);
    if (!added.ok()) return AtLine(added.error());
    if (bytes_ + group.bytes() > max_table_bytes_) {
      return AtLine({ErrorCode::kTooLarge,
                     "the products take more memory than storage.max_table_bytes, which is " +
                         std::to_string(max_table_bytes_),
                     {}});
    }
  }
  products_ += group.size();
  bytes_ += group.bytes();
  return group.TakeChanges();
}

}  // namespace products
