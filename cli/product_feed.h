#pragma once

#include <cstdint>

#include "cli/product_generator.h"
#include "core/product/product.h"

namespace products::cli {

/// Where the products come from that a sender sends, one after the other. Each has a position, an
/// id or the line of a file, that grows from one to the next: where to go on after an end.
class ProductFeed {
 public:
  virtual ~ProductFeed() = default;

  /// Overwrites `product`, reusing its strings; false when there is none any more.
  virtual bool Next(Product& product) = 0;
  /// Of the product that Next gave last.
  virtual std::uint64_t position() const = 0;
  /// The first one behind all that Next gave.
  virtual std::uint64_t next_position() const = 0;
  /// Whether Next may have to wait for somebody who writes.
  virtual bool may_wait() const { return false; }
};

/// `count` products of the sample catalogue from `first_id` on; the last id fits a ProductId.
class GeneratorFeed final : public ProductFeed {
 public:
  GeneratorFeed(std::uint32_t seed, ProductId first_id, std::uint64_t count)
      : generator_(seed),
        next_(static_cast<std::uint64_t>(first_id)),
        end_(static_cast<std::uint64_t>(first_id) + count) {}

  bool Next(Product& product) override {
    if (next_ == end_) return false;
    generator_.Generate(static_cast<ProductId>(next_), product);
    ++next_;
    return true;
  }
  std::uint64_t position() const override { return next_ - 1; }
  std::uint64_t next_position() const override { return next_; }

 private:
  const ProductGenerator generator_;
  std::uint64_t next_;
  const std::uint64_t end_;
};

}  // namespace products::cli
