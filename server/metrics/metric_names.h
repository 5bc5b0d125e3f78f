#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace products {

/// How a connection ended: label `outcome` of productd_connections_total.
enum class ConnectionOutcome {
  kClosedByClient,  ///< The client's FIN, between requests.
  kClosedByServer,  ///< After a response that says so.
  kReset,           ///< RST, or any error of the socket.
  kIdleTimeout,
  kHeaderTimeout,
  kBodyTimeout,
  kWriteTimeout,
  kProtocolError,  ///< After the answer to a request that is not HTTP.
  kRefused,        ///< At once: over http.max_connections.
  kDrained,        ///< Idle when the process was told to stop.
};
inline constexpr std::size_t kConnectionOutcomes = 10;

/// Why a request was not carried out though its path and method exist, or why no request could be
/// made out: label `reason` of productd_requests_refused_total.
enum class RefusedReason {
  kMalformed,
  kHeaderTooLarge,
  kTargetTooLong,
  kBodyTooLarge,
  kUnsupported,  ///< 501 and 505.
  kHeaderTimeout,
  kBodyTimeout,
  kQueueFull,
  kQueueAge,
  kTableFull,
  kUnavailable,     ///< Loading, draining, or the engine stopped.
  kBackgroundFull,  ///< Too much background work is waiting.
  kReadOnly,        ///< A write, and http.read_only is set.
  kBatchStreams,    ///< Over http.max_batch_streams.
};
inline constexpr std::size_t kRefusedReasons = 14;

/// What made bytes no HTTP that this server takes: label `error` of productd_parse_errors_total.
enum class ParseErrorReason {
  kBareLineFeed,
  kFoldedLine,
  kRequestLine,
  kMethod,
  kTarget,
  kVersion,
  kHost,
  kField,
  kContentLength,
  kFraming,  ///< Transfer-Encoding where it must not be, or unknown.
  kChunk,
  kExpectation,
};
inline constexpr std::size_t kParseErrorReasons = 12;

/// Label values, in the order of the enumerators: "closed_by_client", "queue_full".
std::string_view ConnectionOutcomeName(ConnectionOutcome outcome);
std::string_view RefusedReasonName(RefusedReason reason);
std::string_view ParseErrorReasonName(ParseErrorReason reason);

/// What /metrics says about a metric besides its figures.
struct MetricDescription {
  std::string_view name;
  std::string_view help;
};

/// Names and values, in the order in which they are printed.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// Every name of /metrics, except those of the process.
namespace metric {

inline constexpr MetricDescription kRequestDuration{
    "http_request_duration_seconds",
    "From the first byte of a request to its response handed to the kernel."};
inline constexpr MetricDescription kRequestsInFlight{"http_requests_in_flight",
                                                     "Requests begun and not yet answered."};
inline constexpr MetricDescription kConnections{"productd_connections", "Open connections."};
inline constexpr MetricDescription kMaxConnections{
    "productd_max_connections", "Open connections there may be: http.max_connections."};
inline constexpr MetricDescription kConnectionsTotal{"productd_connections_total",
                                                     "Connections that ended, by how."};
inline constexpr MetricDescription kRequestsRefused{
    "productd_requests_refused_total",
    "Requests refused by a limit, a rule of HTTP, or the state of the service."};
inline constexpr MetricDescription kParseErrors{
    "productd_parse_errors_total", "Bytes of clients that were no HTTP this server takes, by why."};
inline constexpr MetricDescription kEventLoopLag{
    "productd_event_loop_lag_seconds",
    "How late a worker was for its tick of 100 ms: what a request that came then waited."};
inline constexpr MetricDescription kCpuPeriods{
    "productd_cpu_periods_total", "Periods of the cgroup's CPU quota in which it wanted to run."};
inline constexpr MetricDescription kCpuThrottledPeriods{
    "productd_cpu_throttled_periods_total",
    "Periods of the cgroup's CPU quota in which it was throttled."};
inline constexpr MetricDescription kCpuThrottledSeconds{"productd_cpu_throttled_seconds_total",
                                                        "Time that the cgroup was throttled for."};
inline constexpr MetricDescription kReceivedBytes{"productd_received_bytes_total",
                                                  "Bytes read from clients."};
inline constexpr MetricDescription kSentBytes{"productd_sent_bytes_total",
                                              "Bytes handed to the kernel for clients."};
inline constexpr MetricDescription kCommitBatchSize{"productd_commit_batch_size",
                                                    "Changes in one commit."};
inline constexpr MetricDescription kCommitDuration{"productd_commit_duration_seconds",
                                                   "Time the engine took for one commit."};
inline constexpr MetricDescription kCommitSync{
    "productd_commit_sync_seconds",
    "The part of a commit that waited for the medium: writing and syncing."};
inline constexpr MetricDescription kCommitQueueWait{
    "productd_commit_queue_wait_seconds",
    "Time the oldest change of a commit had waited for it to begin."};
inline constexpr MetricDescription kCommitBytes{"productd_commit_bytes_total",
                                                "Bytes of products committed."};
inline constexpr MetricDescription kCommitFailures{"productd_commit_failures_total",
                                                   "Batches that the engine did not commit."};
inline constexpr MetricDescription kBuildInfo{"productd_build_info",
                                              "What is running; the value is always 1."};

// Figures owned elsewhere, for ServerMetrics::AddGauge and AddCounter.
inline constexpr MetricDescription kReady{
    "productd_ready", "1 while /readyz says so: loaded, not draining, not stopped; else 0."};
inline constexpr MetricDescription kProducts{"productd_products", "Products in the catalogue."};
inline constexpr MetricDescription kCommitQueueDepth{"productd_commit_queue_depth",
                                                     "Changes waiting for a commit."};
inline constexpr MetricDescription kMaxCommitQueueDepth{
    "productd_max_commit_queue_depth",
    "Changes that may wait for a commit: commit.max_queue_changes."};
inline constexpr MetricDescription kTableBytes{"productd_table_bytes",
                                               "Memory the product table takes."};
inline constexpr MetricDescription kMaxTableBytes{
    "productd_max_table_bytes", "Memory the product table may take: storage.max_table_bytes."};
inline constexpr MetricDescription kWritesStopped{
    "productd_writes_stopped", "1 once the engine has failed and no write is taken, else 0."};
inline constexpr MetricDescription kStoredBytes{"productd_stored_bytes",
                                                "Size of the data file; 0 for the memory engine."};
inline constexpr MetricDescription kMaxStoredBytes{
    "productd_max_stored_bytes", "What the data file may grow to: storage.max_data_bytes."};
inline constexpr MetricDescription kBackupRunning{"productd_backup_running",
                                                  "1 while a backup is made, else 0."};
inline constexpr MetricDescription kBackupProducts{
    "productd_backup_products",
    "Products that the running backup has copied so far; 0 when none runs."};
inline constexpr MetricDescription kBackupFailures{"productd_backup_failures_total",
                                                   "Backups that began and were not finished."};
inline constexpr MetricDescription kBackupLastSuccess{
    "productd_backup_last_success_timestamp_seconds",
    "When the last backup ended well, since unix epoch; 0 before the first."};
inline constexpr MetricDescription kBackupLastDuration{
    "productd_backup_last_duration_seconds", "How long the last backup that ended well took."};
inline constexpr MetricDescription kBackupLastBytes{"productd_backup_last_bytes",
                                                    "Size of the last backup that ended well."};
inline constexpr MetricDescription kLogLinesDropped{"productd_log_lines_dropped_total",
                                                    "Log lines that standard error did not take."};

}  // namespace metric

}  // namespace products
