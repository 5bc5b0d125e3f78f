#include "server/storage/engine.h"

#include <algorithm>

namespace products {

void KeepLastOfEachId(std::vector<Change>& changes) {
  const auto by_id = [](const Change& a, const Change& b) { return a.id < b.id; };
  const auto same_id = [](const Change& a, const Change& b) { return a.id == b.id; };
  // The sort is stable, so of equal ids the last that came is the last.
  if (!std::is_sorted(changes.begin(), changes.end(), by_id)) {
    std::stable_sort(changes.begin(), changes.end(), by_id);
  }
  changes.erase(changes.begin(), std::unique(changes.rbegin(), changes.rend(), same_id).base());
}

}  // namespace products
