// productd: wiring only. Arguments → settings → engine → catalogue → server → signals → drain.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include "core/base/background_thread.h"
#include "core/base/version.h"
#include "server/catalogue_start.h"
#include "server/command_line.h"
#include "server/config/config_keys.h"
#include "server/config/config_loader.h"
#include "server/config/config_text.h"
#include "server/http/http_server.h"
#include "server/offline_commands.h"
#include "server/process_limits.h"
#include "server/ready_file.h"
#include "server/service/backups.h"
#include "server/service/catalog.h"
#include "server/storage/commit_queue.h"

namespace products {
namespace {

constexpr int kExitUsage = 2;
constexpr std::size_t kMaxBackgroundTasks = 16;
constexpr std::chrono::milliseconds kReclaimInterval{100};
// How often a drain looks whether it is over.
constexpr std::chrono::milliseconds kDrainPoll{20};
// How long the workers may take to send what the last commits were answered; they need far less.
constexpr std::chrono::milliseconds kLastAnswers{200};

/// Hands each commit to the metrics; storage knows no metrics, and metrics no storage. What the
/// engine refuses is logged here, once until it commits again: a full disk fails every batch.
class CommitRecorder final : public CommitObserver {
 public:
  CommitRecorder(CommitMetrics& metrics, Logger& log) : metrics_(metrics), log_(log) {}
  void OnCommit(const CommittedBatch& batch) override {
    metrics_.OnCommit(batch.changes, batch.bytes, batch.queue_wait, batch.commit_time,
                      batch.sync_time);
    if (std::exchange(failing_, false)) log_.Info("commits succeed again");
  }
  void OnFailure(const Error& error) override {
    metrics_.OnFailure();
    const bool writes_stopped = error.code != ErrorCode::kOverloaded;
    if (std::exchange(failing_, true) && !writes_stopped) return;
    log_.Error(
        "commit failed",
        {{"reason", error.message}, {"detail", error.detail}, {"writes_stopped", writes_stopped}});
  }

 private:
  CommitMetrics& metrics_;
  Logger& log_;
  bool failing_ = false;
};

// What others than the workers and the writer know.
void AddStateFigures(ServerMetrics& metrics, const Catalog& catalog, const ProductTable& table,
                     const CommitQueue& queue, const Engine& engine, const Backups& backups,
                     const Logger& log) {
  const auto gauge = [&metrics](const MetricDescription& description, auto figure) {
    metrics.AddGauge(description, {}, [figure] { return static_cast<double>(figure()); });
  };
  const auto counter = [&metrics](const MetricDescription& description, auto figure) {
    metrics.AddCounter(description, {}, [figure] { return static_cast<double>(figure()); });
  };
  gauge(metric::kReady, [&catalog] { return catalog.CheckReady().ok(); });
  gauge(metric::kProducts, [&table] { return table.size(); });
  gauge(metric::kTableBytes, [&table] { return table.bytes(); });
  gauge(metric::kCommitQueueDepth, [&queue] { return queue.figures().waiting_changes; });
  gauge(metric::kWritesStopped, [&queue] { return queue.figures().stopped; });
  gauge(metric::kStoredBytes, [&engine] { return engine.figures().stored_bytes; });
  gauge(metric::kMaxStoredBytes, [&engine] { return engine.figures().max_stored_bytes; });
  gauge(metric::kBackupRunning, [&backups] { return backups.figures().running; });
  gauge(metric::kBackupProducts, [&backups] { return backups.figures().products; });
  counter(metric::kBackupFailures, [&backups] { return backups.figures().failures; });
  gauge(metric::kBackupLastSuccess,
        [&backups] { return backups.figures().last_success_unix_seconds; });
  gauge(metric::kBackupLastDuration,
        [&backups] { return backups.figures().last_duration_seconds; });
  gauge(metric::kBackupLastBytes, [&backups] { return backups.figures().last_file_bytes; });
  counter(metric::kLogLinesDropped, [&log] { return log.dropped_lines(); });
}

// What the figures above may grow to, so that an alert needs not know the configuration.
void AddLimitFigures(ServerMetrics& metrics, const Config& config,
                     const std::atomic<std::size_t>& max_connections) {
  const auto constant = [&metrics](const MetricDescription& description, std::size_t limit) {
    metrics.AddGauge(description, {}, [limit] { return static_cast<double>(limit); });
  };
  constant(metric::kMaxCommitQueueDepth, config.commit.max_queue_changes);
  constant(metric::kMaxTableBytes, config.storage.max_table_bytes);
  metrics.AddGauge(metric::kMaxConnections, {},
                   [&max_connections] { return static_cast<double>(max_connections.load()); });
}

int FailStart(Logger& log, const Error& error) {
  log.Error("start failed", {{"reason", error.message}, {"detail", error.detail}});
  return kExitUsage;
}

// With the figures for which 0 stands.
Config Resolve(const Config& config) {
  Config resolved = config;
  if (config.workers == 0) resolved.workers = std::min(UsableCpus(), kMaxWorkers);
  if (config.storage.max_table_bytes == 0) {
    resolved.storage.max_table_bytes = UsableMemoryBytes() / 4 * 3;
  }
  return resolved;
}

void Reload(const ConfigSources& sources, Config& running, HttpServer& server, Logger& log) {
  const Result<LoadedConfig> loaded = LoadConfig(sources);
  const Status usable = loaded.ok() ? ReserveDescriptors(loaded->config.http.max_connections,
                                                         Resolve(running).workers)
                                    : loaded.error();
  if (!usable.ok()) {
    log.Error("reload refused",
              {{"reason", usable.error().message}, {"detail", usable.error().detail}});
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

// From now on SIGTERM and SIGINT end the process at once, even while this thread waits for a disk.
// By a handler: the default action does nothing to process 1, which this is in a container.
void ExitAtNextSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) {
    std::signal(signal, [](int second) { ::_exit(128 + second); });
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

// Whether a signal to end waits to be taken.
bool IsStopRequested() {
  sigset_t pending;
  sigemptyset(&pending);
  sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

// Serves on until no request is in flight and none has come for drain.idle, or drain.timeout
// passes.
void Drain(const Config& config, const Clock& clock, HttpServer& server, Logger& log) {
  const MonotonicTime began = clock.Now();
  MonotonicTime busy_until = began;
  while (clock.Now() - began < config.drain.timeout) {
    std::this_thread::sleep_for(kDrainPoll);
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

// Commits what waits, and lets the workers send the answers. Only after a drain that timed out is
// there any; a request that has not come whole is not waited for.
void FinishWrites(const Clock& clock, CommitQueue& queue, const HttpServer& server) {
  queue.Stop();
  const MonotonicTime until = clock.Now() + kLastAnswers;
  while (server.RequestsInFlight() > 0 && clock.Now() < until) {
    std::this_thread::sleep_for(kDrainPoll);
  }
}

int Run(const CommandLine& command_line, Config config, Logger& log, const Clock& clock,
        const sigset_t& signals) {
  const Config resolved = Resolve(config);
  const Status descriptors = ReserveDescriptors(config.http.max_connections, resolved.workers);
  if (!descriptors.ok()) return FailStart(log, descriptors.error());

  ReadyFile ready_file(command_line.ready_file);
  const Status prepared = ready_file.Prepare();
  if (!prepared.ok()) return FailStart(log, prepared.error());

  const Result<std::unique_ptr<Engine>> opened = OpenEngine(resolved.storage);
  if (!opened.ok()) return FailStart(log, opened.error());
  Engine* const engine = opened->get();
  ProductTable table;

  ServerMetrics metrics(HttpRequestLabels(), {std::string(Version()), std::string(Commit()),
                                              std::string(engine->name())});
  std::atomic<std::size_t> max_connections{config.http.max_connections};
  CommitRecorder recorder(metrics.commit(), log);
  CommitQueue queue(*engine, table,
                    {.max_batch_changes = config.commit.max_batch_changes,
                     .max_batch_bytes = config.commit.max_batch_bytes,
                     .max_queue_changes = config.commit.max_queue_changes,
                     .max_queue_bytes = config.commit.max_queue_bytes,
                     .max_queue_age = config.commit.max_queue_age},
                    clock, recorder);
  Catalog catalog(table, queue, resolved.storage.max_table_bytes);
  BackgroundThread background(kMaxBackgroundTasks);
  background.AddTick(kReclaimInterval, [&table] { table.Reclaim(); });

  Backups backups(*engine, config.storage.backup_dir, config.storage.backup_timeout, clock);
  BatchStreams batch_streams;

  AddStateFigures(metrics, catalog, table, queue, *engine, backups, log);
  AddLimitFigures(metrics, resolved, max_connections);
  auto started =
      HttpServer::Start(resolved, {catalog, metrics, background, backups, batch_streams}, clock);
  if (!started.ok()) return FailStart(log, started.error());
  HttpServer& server = **started;
  const std::string http = RenderListenAddress(server.http_address());
  const std::string management =
      server.management_address() ? RenderListenAddress(*server.management_address()) : "";
  log.Info("listening", {{"http", http},
                         {"management", management.empty() ? http : management},
                         {"workers", resolved.workers},
                         {"engine", engine->name()},
                         {"version", Version()}});
  const Status loaded =
      LoadCatalogue(resolved.storage, *engine, table, catalog, clock, log, IsStopRequested);
  if (!loaded.ok()) {
    server.Stop();
    if (IsStopRequested()) {
      log.Info("stopped", {{"while", "loading"}});
      return 0;
    }
    return FailStart(log, loaded.error());
  }
  const Status published =
      ready_file.Publish(http + "\n" + (management.empty() ? "" : management + "\n"));
  if (!published.ok()) {
    server.Stop();
    return FailStart(log, published.error());
  }

  int signal = 0;
  while (true) {
    if (::sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) break;
    Reload(command_line.sources, config, server, log);
    max_connections = config.http.max_connections;
  }
  ExitAtNextSignal();
  log.Info("draining", {{"signal", signal}, {"timeout_ms", config.drain.timeout.count()}});
  catalog.StartDraining();
  server.StartDraining();
  Drain(config, clock, server, log);
  FinishWrites(clock, queue, server);
  server.Stop();
  log.Info("stopped");
  return 0;
}

int Main(int argc, char** argv) {
  OpenStandardDescriptors();
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
    for (const std::string& warning : loaded->warnings) {
      std::fprintf(stderr, "productd: warning: %s\n", warning.c_str());
    }
    std::puts("the configuration is valid");
    return 0;
  }

  if (!command_line.restore_file.empty()) {
    return RestoreDataDirectory(command_line.restore_file, loaded->config.storage.data_dir);
  }
  if (command_line.verify) return VerifyDataDirectory(loaded->config.storage.data_dir);

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
