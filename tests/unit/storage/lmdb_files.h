#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/storage/lmdb_engine.h"

namespace products::test {

/// What a catalogue holds, by id.
using Products = std::map<ProductId, std::string>;

inline const ProgressSink kGoOn = [](std::size_t) { return true; };

/// The same numbers on every machine (splitmix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  /// 0 .. bound - 1.
  std::uint64_t Below(std::uint64_t bound);

 private:
  std::uint64_t state_;
};

/// With a map of 1 GiB; throws when it cannot be opened.
std::unique_ptr<Engine> OpenLmdb(const std::string& directory);

/// Throws when the engine does not say that all is well, or breaks Load's contract.
Products LoadAll(Engine& engine);

/// One commit each, noted in `expected`; throws when it fails.
void Store(Engine& engine, Products& expected, const Products& stored);
void Remove(Engine& engine, Products& expected, const std::vector<ProductId>& removed);
/// Puts, replacements and removals, up to a few hundred of them.
void CommitRandomBatch(Engine& engine, Products& expected, Random& random);

}  // namespace products::test
