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

/// One product as it goes on the wire: header and body bytes in one allocation, immutable. 16 bytes
/// of header a product; nothing else is stored.
class ProductRecord {
 public:
  /// Copies `body`, the canonical JSON with its "\n". At most 4 GiB.
  static ProductRecordPtr Make(ProductId id, std::string_view body);

  ProductRecord(const ProductRecord&) = delete;
  ProductRecord& operator=(const ProductRecord&) = delete;

  ProductId id() const { return id_; }
  std::string_view body() const { return {reinterpret_cast<const char*>(this + 1), size_}; }
  /// A hash of the body, for ETag: equal bytes have the same one on every server and after every
  /// restart, other bytes another one but for a chance of 2^-64. Not proof against a writer who
  /// looks for two bodies of the same tag; what he gains is a stale copy of his own product.
  std::uint64_t content_tag() const { return content_tag_; }
  /// Bytes of memory this record takes.
  std::size_t footprint() const { return sizeof(ProductRecord) + size_; }

 private:
  ProductRecord(ProductId id, std::uint32_t size, std::uint64_t content_tag)
      : content_tag_(content_tag), size_(size), id_(id) {}
  ~ProductRecord() = default;
  friend struct ProductRecordDeleter;

  std::uint64_t content_tag_;
  std::uint32_t size_;
  ProductId id_;
};

}  // namespace products
