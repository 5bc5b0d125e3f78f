#include "server/catalogue_start.h"

#include <string>
#include <utility>
#include <vector>

#include "server/service/preload.h"
#include "server/storage/lmdb_engine.h"
#include "server/storage/memory_engine.h"

namespace products {
namespace {

// Between two looks at the clock and at the signals.
constexpr std::size_t kProductsBetweenLooks = 4096;
constexpr std::chrono::seconds kBetweenReports{1};

class LoadingReport {
 public:
  LoadingReport(std::size_t total, Catalog& catalog, const Clock& clock, Logger& log,
                const std::function<bool()>& stop_requested)
      : total_(total),
        catalog_(catalog),
        clock_(clock),
        log_(log),
        stop_requested_(stop_requested),
        began_(clock.Now()),
        reported_(began_) {
    catalog_.ReportLoading(0, total_);
  }

  // False when the loading is to end.
  bool Report(std::size_t products) {
    catalog_.ReportLoading(products, total_);
    const MonotonicTime now = clock_.Now();
    if (now - reported_ >= kBetweenReports) {
      reported_ = now;
      if (total_ > 0) {
        log_.Info("loading", {{"products", products}, {"of", total_}});
      } else {
        log_.Info("loading", {{"products", products}});
      }
    }
    return !stop_requested_();
  }

  void Finish(std::size_t products, std::size_t table_bytes) {
    log_.Info("loaded", {{"products", products},
                         {"table_bytes", table_bytes},
                         {"milliseconds", (clock_.Now() - began_) / std::chrono::milliseconds(1)}});
  }

 private:
  const std::size_t total_;
  Catalog& catalog_;
  const Clock& clock_;
  Logger& log_;
  const std::function<bool()>& stop_requested_;
  const MonotonicTime began_;
  MonotonicTime reported_;
};

Status FillFromFile(const Config::Storage& storage, Engine& engine, LoadingReport& report) {
  auto file = PreloadFile::Open(storage.preload, storage.max_table_bytes);
  if (!file.ok()) return file.error();
  return engine.Fill([&]() -> Result<std::vector<Change>> {
    Result<std::vector<Change>> run = (*file)->NextRun();
    if (run.ok() && !report.Report((*file)->products())) {
      return Error{ErrorCode::kTimeout, "loading was ended", {}};
    }
    return run;
  });
}

Status LoadStored(const Config::Storage& storage, Engine& engine, ProductTable& table,
                  LoadingReport& report) {
  bool fits = true;
  const Status loaded = engine.Load([&](ProductRecordPtr record) {
    table.Put(std::move(record));
    if (table.size() % kProductsBetweenLooks != 0) return true;
    fits = table.bytes() <= storage.max_table_bytes;
    return fits && report.Report(table.size());
  });
  if (fits && table.bytes() <= storage.max_table_bytes) return loaded;
  return Error{ErrorCode::kTooLarge,
               "the stored products take more memory than storage.max_table_bytes, which is " +
                   std::to_string(storage.max_table_bytes),
               {}};
}

}  // namespace

Result<std::unique_ptr<Engine>> OpenEngine(const Config::Storage& storage) {
  switch (storage.engine) {
    case StorageEngine::kMemory:
      return OpenMemoryEngine();
    case StorageEngine::kLmdb:
      break;
  }
  return OpenLmdbEngine({storage.data_dir, storage.max_data_bytes});
}

Status LoadCatalogue(const Config::Storage& storage, Engine& engine, ProductTable& table,
                     Catalog& catalog, const Clock& clock, Logger& log,
                     const std::function<bool()>& stop_requested) {
  if (engine.size() == 0 && !storage.preload.empty()) {
    LoadingReport report(0, catalog, clock, log, stop_requested);
    const Status filled = FillFromFile(storage, engine, report);
    if (!filled.ok()) return filled;
  }
  LoadingReport report(engine.size(), catalog, clock, log, stop_requested);
  const Status loaded = LoadStored(storage, engine, table, report);
  if (!loaded.ok()) return loaded;
  report.Finish(table.size(), table.bytes());
  catalog.FinishLoading();
  return {};
}

}  // namespace products
