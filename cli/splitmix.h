#pragma once

#include <cstdint>

namespace products::cli {

/// Sebastiano Vigna's splitmix64: every seed gives a full-period sequence, and seeds that differ in
/// one bit give unrelated ones, so that a seed may be a product's number. Not for secrets.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
  }

  /// 0 .. bound - 1; bound > 0 and far below 2^32, so that the bias is of no account.
  std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((Next() >> 32) * bound) >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace products::cli
