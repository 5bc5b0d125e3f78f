#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace products {

/// An endless, repeatable sequence of request bodies: recorded ones and valid products, each
/// changed in a few places. The same seed gives the same bodies on every machine.
class BodyMutations {
 public:
  explicit BodyMutations(std::uint64_t seed);

  std::string Next();

 private:
  std::size_t Below(std::size_t bound) { return random_() % bound; }
  template <std::size_t N>
  std::string_view OneOf(const std::array<std::string_view, N>& choices) {
    return choices[Below(N)];
  }
  std::string MakeObject();
  std::string MakeText();
  void Mutate(std::string& body);

  std::mt19937_64 random_;
  std::vector<std::string> originals_;
};

}  // namespace products
