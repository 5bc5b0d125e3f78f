#pragma once

#include <cstdint>

#include "core/product/product.h"

namespace products::cli {

/// Makes the sample catalogue: product `id` depends on (seed, id) and nothing else, so that any
/// part of it can be made again, in any order, by any number of clients. Thread-safe.
///
/// The draws, in order, from SplitMix64 started with seed * 2^32 + id mixed once:
///   sku           three letters, three digits, three letters: "QTR-407-BWN"
///   manufacturer  two words of made-up lists and a legal form
///   category_id   1 .. 500
///   weight        10 .. 29,999 grams, light ones more often
///   some_other_id 1 .. 1,000,000
/// Tests pin the first products: a change here is a change of every catalogue ever seeded.
class ProductGenerator {
 public:
  explicit ProductGenerator(std::uint32_t seed) : seed_(seed) {}

  /// Overwrites every field of `product`, reusing its strings' memory.
  void Generate(ProductId id, Product& product) const;

 private:
  std::uint32_t seed_;
};

}  // namespace products::cli
