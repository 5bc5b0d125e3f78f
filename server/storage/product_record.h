#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/product/product.h"

namespace products {

class ProductRecord;

struct ProductRecordDeleter {
  void operator()(const ProductRecord* record) const;
};

using ProductRecordPtr = std::unique_ptr<ProductRecord, ProductRecordDeleter>;

/// One product as it goes on the wire: header and body bytes in one allocation, immutable once in
/// the table. 16 bytes of header a product; nothing else is stored.
class ProductRecord {
 public:
  /// Copies `body`, the canonical JSON with its "\n". At most 4 GiB.
  static ProductRecordPtr Make(ProductId id, std::string_view body);

  ProductRecord(const ProductRecord&) = delete;
  ProductRecord& operator=(const ProductRecord&) = delete;

  ProductId id() const { return id_; }
  std::string_view body() const { return {reinterpret_cast<const char*>(this + 1), size_}; }
  /// Ascends over all commits; 0 until the writer sets it.
  std::uint64_t revision() const { return revision_; }
  /// Bytes of memory this record takes.
  std::size_t footprint() const { return sizeof(ProductRecord) + size_; }

  /// The writer, before the record is published.
  void set_revision(std::uint64_t revision) { revision_ = revision; }

 private:
  ProductRecord(ProductId id, std::uint32_t size) : size_(size), id_(id) {}
  ~ProductRecord() = default;
  friend struct ProductRecordDeleter;

  std::uint64_t revision_ = 0;
  std::uint32_t size_;
  ProductId id_;
};

}  // namespace products
