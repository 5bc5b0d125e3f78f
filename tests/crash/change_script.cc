#include "tests/crash/change_script.h"

#include <algorithm>
#include <random>
#include <utility>

#include "core/product/product_json.h"

namespace products::crash {
namespace {

constexpr ProductId kFillProducts = 100;
constexpr std::size_t kRunProducts = 30;
constexpr std::size_t kSingles = 40;
constexpr ProductId kBulkFirst = 1'300;  // above the ids of the singles
constexpr ProductId kBulkProducts = 500;
constexpr std::size_t kMixed = 180;
constexpr std::size_t kMixedAfterRemoval = 90;
constexpr std::size_t kFirstReopening = 1 + kSingles + 1 + kMixed / 2;
constexpr std::size_t kSecondReopening = 1 + kSingles + 1 + kMixed + 1;

class ScriptWriter {
 public:
  std::vector<ScriptedBatch> Write() {
    AddBulkLoad(1, kFillProducts);
    for (std::size_t i = 0; i < kSingles; ++i) AddUpsert();
    AddBulkLoad(kBulkFirst, kBulkProducts);
    last_id_ = kBulkFirst + kBulkProducts + 200;
    AddMixed(kMixed);
    AddLargeRemoval();
    AddMixed(kMixedAfterRemoval);
    return std::move(batches_);
  }

 private:
  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_()) % bound; }

  ProductId AnyId() { return static_cast<ProductId>(1 + Below(last_id_)); }

  // Its weight makes every body of the script another one.
  std::string Body(ProductId id) {
    if (Below(60) == 0)
      return std::string(2'500 + Below(8'000), 'a' + static_cast<char>(Below(26)));
    return RenderProduct({.product_id = id,
                          .sku = "SKU-" + std::to_string(id),
                          .manufacturer = std::string(1 + Below(200), 'm'),
                          .category_id = 1 + static_cast<int>(Below(1'000)),
                          .weight = ++weight_,
                          .some_other_id = 7});
  }

  void AddUpsert() {
    const ProductId id = AnyId();
    batches_.push_back({{id, Body(id)}});
  }

  void AddBulkLoad(ProductId first, ProductId products) {
    ScriptedBatch batch;
    for (ProductId id = first; id < first + products; ++id) batch.push_back({id, Body(id)});
    batches_.push_back(std::move(batch));
  }

  void AddMixed(std::size_t commits) {
    for (std::size_t i = 0; i < commits; ++i) {
      if (Below(3) > 0) {
        AddUpsert();
        continue;
      }
      std::map<ProductId, ScriptedChange> batch;
      for (std::uint32_t left = 5 + Below(60); left > 0; --left) {
        const ProductId id = AnyId();
        batch[id] = {id, Below(3) == 0 ? std::nullopt : std::optional(Body(id))};
      }
      AddSorted(batch);
    }
  }

  // Frees many pages at once, which the commits after it use again.
  void AddLargeRemoval() {
    ScriptedBatch batch;
    for (ProductId i = 0; i < kBulkProducts / 2; ++i) {
      batch.push_back({kBulkFirst + 100 + i, std::nullopt});
    }
    batches_.push_back(std::move(batch));
  }

  void AddSorted(const std::map<ProductId, ScriptedChange>& changes) {
    ScriptedBatch batch;
    for (const auto& [id, change] : changes) batch.push_back(change);
    batches_.push_back(std::move(batch));
  }

  std::mt19937 random_{1};
  ProductId last_id_ = kBulkFirst - 1;
  int weight_ = 0;
  std::vector<ScriptedBatch> batches_;
};

}  // namespace

std::vector<ScriptedBatch> MakeScript() { return ScriptWriter().Write(); }

bool ReopensBefore(std::size_t commit) {
  return commit == kFirstReopening || commit == kSecondReopening;
}

void Apply(const ScriptedBatch& batch, Catalogue& catalogue) {
  for (const ScriptedChange& change : batch) {
    if (change.body) {
      catalogue[change.id] = *change.body;
    } else {
      catalogue.erase(change.id);
    }
  }
}

std::vector<Change> MakeChanges(const ScriptedBatch& batch) {
  std::vector<Change> changes;
  for (const ScriptedChange& change : batch) {
    changes.push_back(
        {change.id, change.body ? ProductRecord::Make(change.id, *change.body) : nullptr});
  }
  return changes;
}

RunSource MakeRuns(const ScriptedBatch& batch) {
  return [&batch, next = batch.begin()]() mutable -> Result<std::vector<Change>> {
    const auto left = static_cast<std::size_t>(batch.end() - next);
    const auto end = next + static_cast<std::ptrdiff_t>(std::min(kRunProducts, left));
    const ScriptedBatch run(std::exchange(next, end), end);
    return MakeChanges(run);
  };
}

Result<Catalogue> LoadCatalogue(Engine& engine) {
  Catalogue catalogue;
  bool ascends = true;
  const Status loaded = engine.Load([&](ProductRecordPtr record) {
    ascends = ascends && (catalogue.empty() || catalogue.rbegin()->first < record->id());
    catalogue.emplace_hint(catalogue.end(), record->id(), record->body());
    return true;
  });
  if (!loaded.ok()) return loaded.error();
  if (!ascends) return Error{ErrorCode::kInternal, "ids do not ascend", {}};
  return catalogue;
}

}  // namespace products::crash
