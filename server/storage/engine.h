#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "server/storage/product_record.h"

namespace products {

/// One product to be stored or, with a null record, removed.
struct Change {
  ProductId id = 0;
  ProductRecordPtr record;
};

/// Makes a batch of changes in the order they came: ids ascending, and of equal ids the last one.
void KeepLastOfEachId(std::vector<Change>& changes);

/// Takes one stored product; false ends the reading.
using RecordSink = std::function<bool(ProductRecordPtr)>;

/// Told how many products are through, every few thousand of them; false ends the work.
using ProgressSink = std::function<bool(std::size_t products)>;

/// Yields products to be stored, run by run; an empty run is the end.
using RunSource = std::function<Result<std::vector<Change>>()>;

/// What an engine takes of its medium, for the metrics.
struct EngineFigures {
  std::uint64_t stored_bytes = 0;
  /// What stored_bytes may grow to; 0 without a medium.
  std::uint64_t max_stored_bytes = 0;
};

struct CommitReport {
  /// The part of the commit that waited for the medium: writing and syncing, not making the pages.
  /// 0 without a medium.
  std::chrono::nanoseconds sync_time{0};
};

struct BackupReport {
  std::size_t products = 0;
  std::uint64_t file_bytes = 0;
};

/// Where acknowledged products live beyond this process. The product table answers reads, so an
/// engine is asked only at start, by the commit queue's writer, and for a backup.
///
/// Fill, Load and Commit come from one thread at a time: the starting thread until it has loaded,
/// then the queue's writer.
class Engine {
 public:
  virtual ~Engine() = default;

  /// "memory", ... as in storage.engine and productd_build_info.
  virtual std::string_view name() const = 0;

  /// How many products Load hands over. At start; commits do not change it.
  virtual std::size_t size() const = 0;

  /// Stores what `next` yields in an engine that holds nothing, all of it or, after an error of
  /// `next` or its own, nothing; of equal ids the last one. Its own errors are Commit's.
  virtual Status Fill(const RunSource& next) = 0;

  /// Hands every stored product to `sink` once, ids ascending. kCorrupt when a record is not what
  /// was written or one is missing, kUnavailable when the medium does not answer or the sink has
  /// ended it.
  virtual Status Load(const RecordSink& sink) = 0;

  /// Makes the whole batch durable, at the level the engine promises, or none of it. Ids are
  /// ascending and distinct; removing what is not there changes nothing. On failure:
  ///   kOverloaded   nothing was written and a later commit may succeed (disk full);
  ///   anything else the outcome is unknown: the queue takes no write after it.
  virtual Result<CommitReport> Commit(std::span<const Change> batch) = 0;

  /// Writes what is stored at this moment to a new file, durable and complete under its name when
  /// this returns, or absent. Any thread, beside commits, which go on. One at a time.
  /// While it lasts the engine cannot reuse the space of what is replaced, so `progress` should end
  /// it some time. kInvalidArgument when the engine stores nothing or the file exists, kOverloaded
  /// when its disk is full, kCorrupt as Load, kTimeout when `progress` ended it, kUnavailable when
  /// it cannot be written.
  virtual Result<BackupReport> Backup(const std::string& file, const ProgressSink& progress) = 0;

  /// Any thread.
  virtual EngineFigures figures() const = 0;
};

}  // namespace products
