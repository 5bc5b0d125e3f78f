#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/log.h"

namespace products {

enum class StorageEngine { kMemory, kLmdb };

/// "memory" and back.
std::string_view StorageEngineName(StorageEngine engine);
std::optional<StorageEngine> ParseStorageEngine(std::string_view name);

/// Pistache starts no more; larger machines run this many.
inline constexpr int kMaxWorkers = 255;

/// Everything productd can be told, with its defaults. A plain value: read once at start, copied
/// where needed. config_keys.cc names every member (key, unit, meaning); docs and --help come from
/// there.
struct Config {
  /// Threads that serve requests; 0 stands for one per CPU this process may use.
  int workers = 0;

  struct Http {
    std::string listen = "0.0.0.0:8080";
    int backlog = 4096;
    std::size_t max_connections = 16384;
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_target_bytes = 8 * 1024;
    std::size_t max_body_bytes = 64 * 1024;
    std::size_t max_batch_streams = 8;
    /// Unsent response bytes of one connection above which it is not read from.
    std::size_t max_unsent_bytes = 1024 * 1024;
    /// From the first byte of a request to the end of its header section.
    std::chrono::milliseconds header_timeout{10'000};
    /// From the end of the header section to the end of the body; of a batch, without a byte of it.
    std::chrono::milliseconds body_timeout{30'000};
    /// Without a request. Above the 60 s of the usual load balancers, so that they close first.
    std::chrono::milliseconds idle_timeout{75'000};
    /// Without the peer taking a byte of what waits for it.
    std::chrono::milliseconds write_timeout{30'000};
    /// Value of Access-Control-Allow-Origin; empty turns CORS and OPTIONS off.
    std::string cors_allow_origin = {};
    /// What would change the catalogue is answered 403.
    bool read_only = false;
  } http;

  struct Management {
    /// Address of /metrics, health and admin operations; empty leaves them on http.listen.
    std::string listen;
  } management;

  struct Storage {
    StorageEngine engine = StorageEngine::kLmdb;
    std::string data_dir = "./productd-data";
    /// What the data file may grow to: address space, not disk or memory.
    std::uint64_t max_data_bytes = std::uint64_t{64} << 30;
    /// Where POST /admin/backup writes; empty refuses it.
    std::string backup_dir = {};
    /// A backup that takes longer is given up: meanwhile replaced products keep their space.
    std::chrono::milliseconds backup_timeout{600'000};
    /// NDJSON, also gzipped, that fills a catalogue which is empty at start; empty for none.
    std::string preload = {};
    /// Bytes the product table may take; 0 stands for three quarters of the memory this process may
    /// use (its cgroup's limit, or the machine's).
    std::uint64_t max_table_bytes = 0;
  } storage;

  struct Commit {
    std::size_t max_batch_changes = 512;
    std::size_t max_batch_bytes = 1024 * 1024;
    std::size_t max_queue_changes = 16 * 1024;
    std::size_t max_queue_bytes = 64 * 1024 * 1024;
    /// A write is refused while the oldest waiting change has waited this long.
    std::chrono::milliseconds max_queue_age{2'000};
  } commit;

  struct Drain {
    /// From SIGTERM to the exit, at the latest.
    std::chrono::milliseconds timeout{25'000};
    /// The drain ends early once no request has come for this long.
    std::chrono::milliseconds idle{1'000};
  } drain;

  struct Log {
    LogFormat format = LogFormat::kText;
    LogLevel level = LogLevel::kInfo;
  } log;
};

}  // namespace products
