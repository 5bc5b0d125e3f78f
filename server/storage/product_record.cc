#include "server/storage/product_record.h"

#include <xxhash.h>

#include <cstring>
#include <new>

namespace products {

ProductRecordPtr ProductRecord::Make(ProductId id, std::string_view body) {
  void* const memory = ::operator new(sizeof(ProductRecord) + body.size());
  auto* const record = new (memory) ProductRecord(id, static_cast<std::uint32_t>(body.size()),
                                                  XXH3_64bits(body.data(), body.size()));
  std::memcpy(static_cast<char*>(memory) + sizeof(ProductRecord), body.data(), body.size());
  return ProductRecordPtr(record);
}

void ProductRecordDeleter::operator()(const ProductRecord* record) const {
  record->~ProductRecord();
  ::operator delete(const_cast<ProductRecord*>(record));
}

}  // namespace products
