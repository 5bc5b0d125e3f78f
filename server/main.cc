// productd: wiring only. Arguments → settings → engine → catalogue → server → signals → drain.

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>

#include "core/base/background_thread.h"
#include "core/base/version.h"
#include "server/command_line.h"
#include "server/config/config_keys.h"
#include "server/config/config_loader.h"
#include "server/config/config_text.h"
#include "server/http/http_server.h"
#include "server/process_limits.h"
#include "server/service/catalog.h"
#include "server/storage/commit_queue.h"
#include "server/storage/memory_engine.h"

namespace products {
namespace {

constexpr int kExitUsage = 2;
constexpr std::size_t kMaxBackgroundTasks = 16;
constexpr std::chrono::milliseconds kReclaimInterval{100};
// How often a drain looks whether it is over.
constexpr std::chrono::milliseconds kDrainPoll{20};

/// Hands each commit to the metrics; storage knows no metrics, and metrics no storage.
class CommitRecorder final : public CommitObserver {
 public:
  explicit CommitRecorder(CommitMetrics& metrics) : metrics_(metrics) {}
  void OnCommit(std::size_t changes, std::size_t bytes, std::chrono::nanoseconds queue_wait,
                std::chrono::nanoseconds commit_time) override {
    metrics_.OnCommit(changes, bytes, queue_wait, commit_time);
  }

 private:
  CommitMetrics& metrics_;
};

int FailStart(Logger& log, const Error& error) {
  log.Error("start failed", {{"reason", error.message}, {"detail", error.detail}});
  return kExitUsage;
}

// Beside the file, then renamed: who waits for it never reads half of it.
Status WriteReadyFile(const std::string& path, const std::string& text) {
  const std::string beside = path + ".tmp";
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const bool written =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (file >= 0) ::close(file);
  if (!written || std::rename(beside.c_str(), path.c_str()) != 0) {
    return ErrnoError(ErrorCode::kInvalidArgument, "--ready-file: cannot write " + path, errno);
  }
  return {};
}

void Reload(const ConfigSources& sources, Config& running, HttpServer& server, Logger& log) {
  const Result<LoadedConfig> loaded = LoadConfig(sources);
  if (!loaded.ok()) {
    log.Error("reload refused", {{"reason", loaded.error().message}});
    return;
  }
  const Status descriptors = ReserveDescriptors(loaded->config.http.max_connections);
  if (!descriptors.ok()) {
    log.Error("reload refused", {{"reason", descriptors.error().message}});
    return;
  }
  const ConfigDifference difference = CompareConfig(running, loaded->config);
  for (const std::string& key : difference.needs_restart) {
    log.Warning("reload: this key needs a restart", {{"key", key}});
  }
  for (const std::string& key : difference.reloadable) log.Info("reloaded", {{"key", key}});
  running = WithReloadableKeys(running, loaded->config);
  log.set_level(running.log.level);
  server.SetLimits(running.http);
}

/// Absent when `timeout` passes first.
std::optional<int> WaitForSignal(const sigset_t& signals, std::chrono::milliseconds timeout) {
  const timespec wait{timeout.count() / 1000, timeout.count() % 1000 * 1'000'000};
  const int signal = ::sigtimedwait(&signals, nullptr, &wait);
  if (signal < 0) return std::nullopt;
  return signal;
}

// Serves on until no request is in flight and none has come for drain.idle, or drain.timeout
// passes. A second signal ends the process at once.
void Drain(const Config& config, const Clock& clock, const sigset_t& signals, HttpServer& server,
           Logger& log) {
  const MonotonicTime began = clock.Now();
  MonotonicTime busy_until = began;
  while (clock.Now() - began < config.drain.timeout) {
    const std::optional<int> signal = WaitForSignal(signals, kDrainPoll);
    if (signal && *signal != SIGHUP) {
      log.Warning("second signal, exiting at once", {{"signal", *signal}});
      ::_exit(128 + *signal);
    }
    const MonotonicTime now = clock.Now();
    if (server.RequestsInFlight() > 0) busy_until = now;
    const MonotonicTime quiet_from = now - config.drain.idle;
    if (busy_until <= quiet_from && server.QuietSince(quiet_from)) {
      log.Info("drained", {{"milliseconds", (now - began) / std::chrono::milliseconds(1)}});
      return;
    }
  }
  log.Warning("drain timed out", {{"requests_in_flight", server.RequestsInFlight()}});
}

int Run(const CommandLine& command_line, Config config, Logger& log, const Clock& clock,
        const sigset_t& signals) {
  const Status descriptors = ReserveDescriptors(config.http.max_connections);
  if (!descriptors.ok()) return FailStart(log, descriptors.error());

  const std::unique_ptr<Engine> engine = OpenMemoryEngine();
  ProductTable table;
  const Status loaded =
      engine->Load([&table](ProductRecordPtr record) { table.Put(std::move(record)); });
  if (!loaded.ok()) return FailStart(log, loaded.error());

  ServerMetrics metrics(HttpRequestLabels(), {std::string(Version()), std::string(Commit()),
                                              std::string(engine->name())});
  CommitRecorder recorder(metrics.commit());
  CommitQueue queue(*engine, table,
                    {.max_batch_changes = config.commit.max_batch_changes,
                     .max_batch_bytes = config.commit.max_batch_bytes,
                     .max_queue_changes = config.commit.max_queue_changes,
                     .max_queue_bytes = config.commit.max_queue_bytes,
                     .max_queue_age = config.commit.max_queue_age},
                    clock, recorder);
  const std::uint64_t max_table_bytes = config.storage.max_table_bytes != 0
                                            ? config.storage.max_table_bytes
                                            : UsableMemoryBytes() / 4 * 3;
  Catalog catalog(table, queue, max_table_bytes);
  metrics.AddGauge(metric::kProducts, {}, [&table] { return static_cast<double>(table.size()); });
  metrics.AddGauge(metric::kTableBytes, {},
                   [&table] { return static_cast<double>(table.bytes()); });
  metrics.AddGauge(metric::kCommitQueueDepth, {},
                   [&queue] { return static_cast<double>(queue.figures().waiting_changes); });
  metrics.AddCounter(metric::kLogLinesDropped, {},
                     [&log] { return static_cast<double>(log.dropped_lines()); });

  BackgroundThread background(kMaxBackgroundTasks);
  background.AddTick(kReclaimInterval, [&table] { table.Reclaim(); });

  auto started = HttpServer::Start(config, {catalog, metrics, background}, clock);
  if (!started.ok()) return FailStart(log, started.error());
  HttpServer& server = **started;
  std::string addresses = RenderListenAddress(server.http_address()) + "\n";
  log.Info("listening", {{"http", RenderListenAddress(server.http_address())},
                         {"engine", engine->name()},
                         {"version", Version()}});
  if (const auto management = server.management_address()) {
    addresses += RenderListenAddress(*management) + "\n";
    log.Info("listening", {{"management", RenderListenAddress(*management)}});
  }
  if (!command_line.ready_file.empty()) {
    const Status written = WriteReadyFile(command_line.ready_file, addresses);
    if (!written.ok()) {
      server.Stop();
      return FailStart(log, written.error());
    }
  }

  int signal = 0;
  while (true) {
    if (::sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) break;
    Reload(command_line.sources, config, server, log);
  }
  log.Info("draining", {{"signal", signal}, {"timeout_ms", config.drain.timeout.count()}});
  catalog.StartDraining();
  server.StartDraining();
  Drain(config, clock, signals, server, log);
  // What was queued is committed and answered while the workers can still send.
  queue.Stop();
  server.Stop();
  log.Info("stopped");
  return 0;
}

int Main(int argc, char** argv) {
  const ParsedArguments arguments = ParseArguments(argc, argv);
  if (!arguments.command_line) return arguments.exit_code;
  CommandLine command_line = *arguments.command_line;
  command_line.sources.environment = ReadEnvironment();

  const Result<LoadedConfig> loaded = LoadConfig(command_line.sources);
  if (!loaded.ok()) {
    std::fprintf(stderr, "productd: %s\n", loaded.error().message.c_str());
    return kExitUsage;
  }
  if (command_line.print_config) {
    std::fputs(RenderConfig(loaded->config).c_str(), stdout);
    return 0;
  }
  if (command_line.check_config) {
    std::puts("the configuration is valid");
    return 0;
  }

  // Blocked before any thread starts, so that every thread inherits it and only sigwait takes them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const SystemClock clock;
  Logger log(loaded->config.log.format, loaded->config.log.level, STDERR_FILENO, clock);
  for (const std::string& warning : loaded->warnings) {
    log.Warning("configuration", {{"warning", warning}});
  }
  return Run(command_line, loaded->config, log, clock, signals);
}

}  // namespace
}  // namespace products

int main(int argc, char** argv) { return products::Main(argc, argv); }
