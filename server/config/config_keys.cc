#include "server/config/config_keys.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/base/log.h"
#include "core/base/parse.h"
#include "core/base/utf8.h"
#include "server/config/listen_address.h"

namespace products {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;
constexpr std::uint64_t kTiB = 1024 * kGiB;
constexpr std::uint64_t kHourMs = 3'600'000;
constexpr std::uint64_t kDayMs = 24 * kHourMs;

struct Range {
  std::uint64_t from;
  std::uint64_t to;
};

// How to get at a member of Config, of a constant one and of one to be set alike.
template <typename Section, typename T>
auto At(Section Config::*section, T Section::*member) {
  return [=](auto& config) -> auto& { return config.*section.*member; };
}
template <typename T>
auto At(T Config::*member) {
  return [=](auto& config) -> auto& { return config.*member; };
}

template <typename Place>
using MemberAt = std::remove_reference_t<std::invoke_result_t<Place, Config&>>;

// A whole number; `unit` tells what of, and a duration is one of milliseconds.
template <typename Place>
ConfigKey Number(std::string path, std::string unit, std::string meaning, Range range, Place place,
                 Reload reload = Reload::kAtStart) {
  using T = MemberAt<Place>;
  const std::string accepted =
      "a whole number from " + std::to_string(range.from) + " to " + std::to_string(range.to);
  ConfigKey key{
      std::move(path), std::move(unit), std::move(meaning), accepted, reload, false, {}, {}};
  key.set = [=](Config& config, std::string_view text) -> Status {
    const std::optional<std::uint64_t> number = ParseUint64(text);
    if (!number || *number < range.from || *number > range.to) return InvalidArgument(accepted);
    place(config) = static_cast<T>(*number);
    return {};
  };
  key.get = [=](const Config& config) {
    if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
      return std::to_string(place(config).count());
    } else {
      return std::to_string(place(config));
    }
  };
  return key;
}

template <typename Place>
ConfigKey Milliseconds(std::string path, std::string meaning, Range range, Place place,
                       Reload reload = Reload::kAtStart) {
  return Number(std::move(path), "milliseconds", std::move(meaning), range, place, reload);
}

template <typename Place>
ConfigKey Bytes(std::string path, std::string meaning, Range range, Place place,
                Reload reload = Reload::kAtStart) {
  return Number(std::move(path), "bytes", std::move(meaning), range, place, reload);
}

template <typename Place, typename Check>
ConfigKey Text(std::string path, std::string meaning, std::string accepted, Place place,
               Check check) {
  ConfigKey key{std::move(path), "", std::move(meaning), accepted, Reload::kAtStart, true, {}, {}};
  key.set = [=](Config& config, std::string_view text) -> Status {
    if (!check(text)) return InvalidArgument(accepted);
    place(config) = std::string(text);
    return {};
  };
  key.get = [=](const Config& config) -> std::string { return place(config); };
  return key;
}

template <typename Place, typename Parse, typename Name>
ConfigKey Choice(std::string path, std::string meaning, std::string accepted, Place place,
                 Parse parse, Name name, Reload reload = Reload::kAtStart) {
  ConfigKey key{std::move(path), "", std::move(meaning), accepted, reload, false, {}, {}};
  key.set = [=](Config& config, std::string_view text) -> Status {
    const auto choice = parse(text);
    if (!choice) return InvalidArgument(accepted);
    place(config) = *choice;
    return {};
  };
  key.get = [=](const Config& config) { return std::string(name(place(config))); };
  return key;
}

template <typename Place>
ConfigKey Switch(std::string path, std::string meaning, Place place,
                 Reload reload = Reload::kAtStart) {
  const std::string accepted = "true or false";
  ConfigKey key{std::move(path), "", std::move(meaning), accepted, reload, false, {}, {}};
  key.set = [=](Config& config, std::string_view text) -> Status {
    if (text != "true" && text != "false") return InvalidArgument(accepted);
    place(config) = text == "true";
    return {};
  };
  key.get = [=](const Config& config) -> std::string { return place(config) ? "true" : "false"; };
  return key;
}

bool IsVisibleAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// Goes out in a header as it is, so nothing that could end the header may pass.
bool IsCorsOrigin(std::string_view text) {
  if (text.empty() || text == "*") return true;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) return false;
  const std::string_view authority = text.substr(scheme_end + 3);
  return !authority.empty() && text.size() <= 255 && IsVisibleAscii(text) &&
         authority.find_first_of("/?#,*\"<>\\") == std::string_view::npos;
}

// Bytes that are no text are refused, for the configuration could not be printed with them.
bool IsPath(std::string_view text) {
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
  });
  return !text.empty() && text.size() < 4096 && !has_control && IsValidUtf8(text);
}

bool IsPathOrEmpty(std::string_view text) { return text.empty() || IsPath(text); }

std::vector<ConfigKey> HttpKeys() {
  using Http = Config::Http;
  const auto at = [](auto member) { return At(&Config::http, member); };
  constexpr Reload kOnSighup = Reload::kOnSighup;
  return {
      Text("http.listen", "Address and port of the API; port 0 takes a free one.",
           "ADDRESS:PORT or [IPv6]:PORT, such as 0.0.0.0:8080 or [::]:8080", at(&Http::listen),
           [](std::string_view text) { return ParseListenAddress(text).ok(); }),
      Number("http.backlog", "connections",
             "Connections the kernel keeps waiting to be accepted; it caps this at "
             "net.core.somaxconn.",
             {1, 65535}, at(&Http::backlog)),
      Number("http.max_connections", "connections", "Open connections; one more is closed at once.",
             {1, 1'000'000}, at(&Http::max_connections), kOnSighup),
      Bytes("http.max_header_bytes",
            "Size of a request's header fields, its first line not included; more is answered 431.",
            {256, kMiB}, at(&Http::max_header_bytes), kOnSighup),
      Bytes("http.max_target_bytes", "Size of a request's target; more is answered 414.",
            {64, kMiB}, at(&Http::max_target_bytes), kOnSighup),
      Bytes("http.max_body_bytes",
            "Size of the body of one product; more is answered 413, a line of a batch is rejected.",
            {64, 64 * kMiB}, at(&Http::max_body_bytes), kOnSighup),
      Number("http.max_batch_streams", "batches",
             "Batches received at once, each of up to 8 MiB memory; one more is answered 503.",
             {1, 1000}, at(&Http::max_batch_streams), kOnSighup),
      Bytes("http.max_unsent_bytes",
            "Response bytes waiting for a slow client above which its requests are left unread.",
            {4 * kKiB, kGiB}, at(&Http::max_unsent_bytes), kOnSighup),
      Milliseconds("http.header_timeout_ms",
                   "From the first byte of a request to the end of its header section.",
                   {1, kDayMs}, at(&Http::header_timeout), kOnSighup),
      Milliseconds("http.body_timeout_ms",
                   "From the end of the header section to the end of the body; a batch may take as "
                   "long as it wants, but not pause for longer.",
                   {1, kDayMs}, at(&Http::body_timeout), kOnSighup),
      Milliseconds("http.idle_timeout_ms",
                   "How long a connection may stay without a request; keep it above the load "
                   "balancer's, so that the balancer closes first.",
                   {1, kDayMs}, at(&Http::idle_timeout), kOnSighup),
      Milliseconds("http.write_timeout_ms",
                   "How long a response may wait without the client taking a byte of it.",
                   {1, kDayMs}, at(&Http::write_timeout), kOnSighup),
      Text("http.cors_allow_origin",
           "Value of Access-Control-Allow-Origin: * or one origin; empty turns CORS off.",
           "empty, * or an origin such as https://shop.example.com", at(&Http::cors_allow_origin),
           IsCorsOrigin),
      Switch("http.read_only",
             "Whether what would change the catalogue is answered 403; reads are served.",
             at(&Http::read_only), kOnSighup),
  };
}

std::vector<ConfigKey> StorageKeys() {
  using Storage = Config::Storage;
  const auto at = [](auto member) { return At(&Config::storage, member); };
  return {
      Choice("storage.engine",
             "Where products are kept: lmdb on this machine's disk, synced before a write is "
             "answered; memory forgets them at exit.",
             "an engine of this version: memory, lmdb", at(&Storage::engine), ParseStorageEngine,
             StorageEngineName),
      Text("storage.data_dir",
           "Directory of the data, on a local disk; made when it is not there. The memory engine "
           "has "
           "none.",
           "the path of a directory", at(&Storage::data_dir), IsPath),
      Bytes(
          "storage.max_data_bytes",
          "Size the data file may reach; writes are answered 503 beyond. It reserves address space "
          "and neither disk nor memory.",
          {kMiB, 64 * kTiB}, at(&Storage::max_data_bytes)),
      Text("storage.backup_dir",
           "Directory that POST /admin/backup writes to; empty turns backups off.",
           "empty or the path of a directory", at(&Storage::backup_dir), IsPathOrEmpty),
      Milliseconds(
          "storage.backup_timeout_ms",
          "A backup that takes longer is given up; while one runs the data file grows with "
          "every write.",
          {1, kDayMs}, at(&Storage::backup_timeout)),
      Text("storage.preload",
           "NDJSON file, plain or gzipped, that fills a catalogue which is empty at start; empty "
           "for "
           "none.",
           "empty or the path of a file", at(&Storage::preload), IsPathOrEmpty),
      Bytes("storage.max_table_bytes",
            "Memory the products may take; 0 stands for three quarters of what this process may "
            "use (its cgroup's limit, or the machine's memory).",
            {0, 64 * kTiB}, at(&Storage::max_table_bytes)),
  };
}

std::vector<ConfigKey> CommitKeys() {
  using Commit = Config::Commit;
  const auto at = [](auto member) { return At(&Config::commit, member); };
  return {
      Number("commit.max_batch_changes", "changes", "Changes that one commit may hold.",
             {1, 100'000}, at(&Commit::max_batch_changes)),
      Bytes("commit.max_batch_bytes", "Size of the changes that one commit may hold.",
            {4 * kKiB, 256 * kMiB}, at(&Commit::max_batch_bytes)),
      Number("commit.max_queue_changes", "changes",
             "Changes that may wait for a commit; writes are answered 503 beyond.", {1, 10'000'000},
             at(&Commit::max_queue_changes)),
      Bytes("commit.max_queue_bytes",
            "Size of the changes that may wait for a commit; writes are answered 503 beyond.",
            {64 * kKiB, 64 * kGiB}, at(&Commit::max_queue_bytes)),
      Milliseconds("commit.max_queue_age_ms",
                   "Writes are answered 503 while the oldest change has waited this long.",
                   {1, kHourMs}, at(&Commit::max_queue_age)),
  };
}

std::vector<ConfigKey> MakeConfigKeys() {
  std::vector<ConfigKey> keys;
  const auto add = [&keys](std::vector<ConfigKey> section) {
    std::move(section.begin(), section.end(), std::back_inserter(keys));
  };
  add({Number("workers", "threads",
              "Threads that serve requests; 0 stands for one per CPU this process may use.",
              {0, kMaxWorkers}, At(&Config::workers))});
  add(HttpKeys());
  add({Text("management.listen",
            "Address and port of /metrics, health and admin operations; empty leaves them on "
            "http.listen.",
            "empty, ADDRESS:PORT or [IPv6]:PORT, such as 0.0.0.0:9090",
            At(&Config::management, &Config::Management::listen),
            [](std::string_view text) { return text.empty() || ParseListenAddress(text).ok(); })});
  add(StorageKeys());
  add(CommitKeys());
  add({Milliseconds("drain.timeout_ms", "From SIGTERM to the exit, at the latest.", {0, kHourMs},
                    At(&Config::drain, &Config::Drain::timeout)),
       Milliseconds("drain.idle_ms",
                    "The drain ends early once no request has come for this long; at most "
                    "drain.timeout_ms.",
                    {0, kHourMs}, At(&Config::drain, &Config::Drain::idle))});
  add({Choice("log.format", "Form of the log lines on standard error.", "text or json",
              At(&Config::log, &Config::Log::format), ParseLogFormat, LogFormatName),
       Choice("log.level", "The least level that is logged.", "debug, info, warning or error",
              At(&Config::log, &Config::Log::level), ParseLogLevel, LogLevelName,
              Reload::kOnSighup)});
  return keys;
}

}  // namespace

const std::vector<ConfigKey>& ConfigKeys() {
  static const std::vector<ConfigKey> keys = MakeConfigKeys();
  return keys;
}

const ConfigKey* FindConfigKey(std::string_view path) {
  for (const ConfigKey& key : ConfigKeys()) {
    if (key.path == path) return &key;
  }
  return nullptr;
}

bool IsConfigSection(std::string_view path) {
  const auto& keys = ConfigKeys();
  return std::any_of(keys.begin(), keys.end(), [path](const ConfigKey& key) {
    return key.path.size() > path.size() && key.path.starts_with(path) &&
           key.path[path.size()] == '.';
  });
}

ConfigDifference CompareConfig(const Config& running, const Config& loaded) {
  ConfigDifference difference;
  for (const ConfigKey& key : ConfigKeys()) {
    if (key.get(running) == key.get(loaded)) continue;
    auto& paths =
        key.reload == Reload::kOnSighup ? difference.reloadable : difference.needs_restart;
    paths.push_back(key.path);
  }
  return difference;
}

Config WithReloadableKeys(const Config& running, const Config& loaded) {
  Config config = running;
  for (const ConfigKey& key : ConfigKeys()) {
    if (key.reload != Reload::kOnSighup) continue;
    // A value that came through `set` once passes it again.
    static_cast<void>(key.set(config, key.get(loaded)));
  }
  return config;
}

}  // namespace products
