#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <latch>
#include <string_view>

#include "core/base/background_thread.h"
#include "server/http/routes.h"
#include "server/metrics/server_metrics.h"
#include "server/service/catalog.h"
#include "tests/unit/storage/held_engine.h"
#include "tests/unit/storage/manual_clock.h"

namespace products::test {

inline constexpr std::string_view kBody = "{\"product_id\":1}\n";

/// What the workers of a server work with, over an engine whose commits the test holds and a clock
/// that it sets. Product 1 is there, with kBody.
class HeldServices {
 public:
  static constexpr CommitLimits kRoomy{.max_batch_changes = 100,
                                       .max_batch_bytes = 1 << 20,
                                       .max_queue_changes = 100,
                                       .max_queue_bytes = 1 << 20,
                                       .max_queue_age = std::chrono::seconds(60)};

  explicit HeldServices(const CommitLimits& limits = kRoomy,
                        std::uint64_t max_table_bytes = std::uint64_t{1} << 30)
      : queue(engine, table, limits, clock, observer_),
        catalog(table, queue, max_table_bytes),
        metrics(HttpRequestLabels(), {"0", "0", "held"}) {
    table.Put(ProductRecord::Make(1, kBody));
    catalog.FinishLoading();
  }
  /// A test that failed while a commit was held must not hang.
  ~HeldServices() { engine.LetGo(); }
  HeldServices(const HeldServices&) = delete;
  HeldServices& operator=(const HeldServices&) = delete;

 private:
  class NoObserver final : public CommitObserver {
   public:
    void OnCommit(const CommittedBatch&) override {}
    void OnFailure(const Error&) override {}
  };

  NoObserver observer_;

 public:
  ManualClock clock;
  HeldEngine engine;
  ProductTable table;
  CommitQueue queue;
  Catalog catalog;
  ServerMetrics metrics;
  /// Takes one task besides the one it runs.
  BackgroundThread background{1};
  /// Off: the engine stores nothing.
  Backups backups{engine, "", std::chrono::seconds(1), clock};
  BatchStreams batch_streams;
  Services services{catalog, metrics, background, backups, batch_streams};
};

/// While it lives the background thread runs nothing else.
class BackgroundHold {
 public:
  explicit BackgroundHold(BackgroundThread& background) {
    const bool posted = background.Post([this] {
      begun_.count_down();
      over_.wait();
      left_.count_down();
    });
    if (!posted) std::abort();
    begun_.wait();
  }
  ~BackgroundHold() {
    over_.count_down();
    left_.wait();
  }
  BackgroundHold(const BackgroundHold&) = delete;
  BackgroundHold& operator=(const BackgroundHold&) = delete;

 private:
  std::latch begun_{1};
  std::latch over_{1};
  std::latch left_{1};
};

}  // namespace products::test
