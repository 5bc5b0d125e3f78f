#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "server/storage/engine.h"

namespace products::crash {

/// What an engine holds: bodies by id.
using Catalogue = std::map<ProductId, std::string>;

struct ScriptedChange {
  ProductId id;
  std::optional<std::string> body;  ///< absent removes the product
};
using ScriptedBatch = std::vector<ScriptedChange>;  // ids ascending and distinct

/// The commits that the recorded program makes; the same at every call. The first is for Fill. They
/// cover single upserts, a bulk load past the last id, batches of replacements, insertions and
/// removals, values larger than a page, growth, and the reuse of freed pages.
std::vector<ScriptedBatch> MakeScript();

/// Before these commits the recorded program closes the engine and opens it again.
bool ReopensBefore(std::size_t commit);

void Apply(const ScriptedBatch& batch, Catalogue& catalogue);
std::vector<Change> MakeChanges(const ScriptedBatch& batch);
/// Hands over the batch in runs of some products.
RunSource MakeRuns(const ScriptedBatch& batch);

/// Everything of `engine`; its error, or that ids do not ascend.
Result<Catalogue> LoadCatalogue(Engine& engine);

}  // namespace products::crash
