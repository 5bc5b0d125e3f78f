#include "cli/sorted_products.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/product_reader.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

class MemoryProducts final : public SortedProducts {
 public:
  void Add(const Product& product) {
    entries_.push_back({product.product_id, text_.size()});
    AppendProduct(text_, product);
  }
  std::size_t bytes() const { return text_.size() + entries_.size() * sizeof(Entry); }

  // Once, behind the last Add.
  void Sort() {
    const auto by_id = [](const Entry& a, const Entry& b) { return a.id < b.id; };
    if (!std::is_sorted(entries_.begin(), entries_.end(), by_id)) {
      std::stable_sort(entries_.begin(), entries_.end(), by_id);
    }
  }

  Result<bool> Next(Product& product) override {
    while (next_ + 1 < entries_.size() && entries_[next_].id == entries_[next_ + 1].id) ++next_;
    if (next_ == entries_.size()) return false;
    const std::string_view rest = std::string_view(text_).substr(entries_[next_++].begin);
    Result<Product> parsed = ParseProduct(rest.substr(0, rest.find('\n')));
    if (!parsed.ok()) return parsed.error();
    product = std::move(*parsed);
    return true;
  }

 private:
  struct Entry {
    ProductId id;
    std::size_t begin;  // of its JSON in text_
  };

  std::vector<Entry> entries_;
  std::string text_;
  std::size_t next_ = 0;
};

// A file that is known to be sorted.
class FileProducts final : public SortedProducts {
 public:
  explicit FileProducts(std::unique_ptr<ProductReader> reader) : reader_(std::move(reader)) {}

  Result<bool> Next(Product& product) override {
    if (!was_begun_) {
      was_begun_ = true;
      if (const Status read = ReadAhead(); !read.ok()) return read.error();
    }
    while (ahead_) {
      std::swap(product, *ahead_);
      if (const Status read = ReadAhead(); !read.ok()) return read.error();
      if (!ahead_ || ahead_->product_id != product.product_id) return true;
    }
    return false;
  }

 private:
  Status ReadAhead() {
    while (true) {
      const Result<bool> is_row = reader_->Next(row_);
      if (!is_row.ok()) return is_row.error();
      if (!*is_row) {
        ahead_.reset();
        return {};
      }
      if (!row_.status.ok()) continue;
      if (!ahead_) ahead_.emplace();
      std::swap(*ahead_, row_.product);
      return {};
    }
  }

  const std::unique_ptr<ProductReader> reader_;
  ProductRow row_;
  std::optional<Product> ahead_;
  bool was_begun_ = false;
};

// Hands every product of the file to `take` until that fails; the others go to `rejects` where
// there is one. How many are none.
Result<std::uint64_t> ReadAll(ProductReader& reader, const SortPlan& plan, RejectLog* rejects,
                              const std::function<Status(const ProductRow&)>& take) {
  ProductRow row;
  std::uint64_t products = 0;
  std::uint64_t refused = 0;
  while (true) {
    const Result<bool> is_row = reader.Next(row);
    if (!is_row.ok()) return is_row.error();
    if (!*is_row) return refused;
    if (!row.status.ok()) {
      ++refused;
      if (rejects != nullptr) rejects->Add(row.line, row.status.error().message, row.text);
      continue;
    }
    if (++products % 1024 == 0 && plan.on_progress &&
        !plan.on_progress(products, reader.file().bytes_read())) {
      return Error{ErrorCode::kUnavailable, "interrupted", {}};
    }
    if (const Status taken = take(row); !taken.ok()) return taken.error();
  }
}

Result<SortedFile> OpenInMemory(ProductReader& reader, const SortPlan& plan, RejectLog* rejects,
                                const std::string& what_is_too_large) {
  auto products = std::make_unique<MemoryProducts>();
  const auto add = [&](const ProductRow& row) -> Status {
    products->Add(row.product);
    if (products->bytes() <= plan.max_memory_bytes) return {};
    return Error{ErrorCode::kTooLarge, what_is_too_large, {}};
  };
  const Result<std::uint64_t> refused = ReadAll(reader, plan, rejects, add);
  if (!refused.ok()) return refused.error();
  products->Sort();
  return SortedFile{std::move(products), *refused};
}

}  // namespace

Result<SortedFile> OpenSorted(const std::string& path, FileFormat format, const SortPlan& plan,
                              RejectLog& rejects) {
  const auto open = [&] { return ProductReader::Open(path, format, plan.wake_descriptor); };
  Result<std::unique_ptr<ProductReader>> reader = open();
  if (!reader.ok()) return reader.error();
  const std::string name = InputName(path);
  const std::string limit =
      "more than " + std::to_string(plan.max_memory_bytes / (1024 * 1024)) + " MiB ";
  // Standard input does not come a second time, also where it is a file.
  if (path == "-" || (*reader)->file().may_wait()) {
    return OpenInMemory(**reader, plan, &rejects,
                        name + ": " + limit + "are compared from a file only");
  }
  ProductId last_id = 0;
  std::uint64_t unsorted_line = 0;
  const auto look = [&](const ProductRow& row) -> Status {
    if (row.product.product_id < last_id && unsorted_line == 0) unsorted_line = row.line;
    last_id = row.product.product_id;
    return {};
  };
  const Result<std::uint64_t> refused = ReadAll(**reader, plan, &rejects, look);
  if (!refused.ok()) return refused.error();
  reader = open();
  if (!reader.ok()) return reader.error();
  if (unsorted_line == 0) {
    return SortedFile{std::make_unique<FileProducts>(std::move(*reader)), *refused};
  }
  return OpenInMemory(**reader, plan, nullptr,
                      name + ", line " + std::to_string(unsorted_line) + ": " + limit +
                          "must be sorted by product_id to be compared");
}

}  // namespace products::cli
