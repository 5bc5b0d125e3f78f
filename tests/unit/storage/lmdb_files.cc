#include "tests/unit/storage/lmdb_files.h"

#include <optional>
#include <stdexcept>
#include <utility>

namespace products::test {
namespace {

void Expect(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.error().message + status.error().detail);
}

// Absent bodies are removals.
void Commit(Engine& engine, Products& expected,
            const std::map<ProductId, std::optional<std::string>>& batch) {
  std::vector<Change> changes;
  changes.reserve(batch.size());
  for (const auto& [id, body] : batch) {
    changes.push_back({id, body ? ProductRecord::Make(id, *body) : nullptr});
  }
  Expect(engine.Commit(changes).status());
  for (const auto& [id, body] : batch) {
    if (body) {
      expected[id] = *body;
    } else {
      expected.erase(id);
    }
  }
}

}  // namespace

std::uint64_t Random::Below(std::uint64_t bound) {
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return (mixed ^ (mixed >> 31)) % bound;
}

std::unique_ptr<Engine> OpenLmdb(const std::string& directory) {
  auto engine = OpenLmdbEngine({directory, std::uint64_t{1} << 30});
  if (!engine.ok()) throw std::runtime_error(engine.error().message + engine.error().detail);
  return std::move(*engine);
}

Products LoadAll(Engine& engine) {
  Products loaded;
  ProductId last = 0;
  Expect(engine.Load([&](ProductRecordPtr record) {
    if (record->id() <= last) throw std::runtime_error("ids do not ascend");
    last = record->id();
    loaded[last] = record->body();
    return true;
  }));
  return loaded;
}

void Store(Engine& engine, Products& expected, const Products& stored) {
  Commit(engine, expected, {stored.begin(), stored.end()});
}

void Remove(Engine& engine, Products& expected, const std::vector<ProductId>& removed) {
  std::map<ProductId, std::optional<std::string>> batch;
  for (const ProductId id : removed) batch[id] = std::nullopt;
  Commit(engine, expected, batch);
}

void CommitRandomBatch(Engine& engine, Products& expected, Random& random) {
  std::map<ProductId, std::optional<std::string>> batch;
  const std::uint64_t size = random.Below(4) == 0 ? 1 + random.Below(300) : 1 + random.Below(5);
  for (std::uint64_t i = 0; i < size; ++i) {
    const auto id = static_cast<ProductId>(1 + random.Below(2000));
    if (random.Below(5) == 0) {
      batch[id] = std::nullopt;
    } else {
      batch[id] = std::string(1 + random.Below(300), static_cast<char>('a' + random.Below(26)));
    }
  }
  Commit(engine, expected, batch);
}

}  // namespace products::test
