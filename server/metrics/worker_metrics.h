#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/metrics/metric_names.h"
#include "server/metrics/single_writer.h"

namespace products {

/// The labels of http_request_duration_seconds, as the HTTP layer knows them. A request is recorded
/// by its places in these lists.
struct RequestLabels {
  std::vector<std::string> methods;
  std::vector<std::string> routes;
  /// Status codes that are answered. Another one is recorded with code "other".
  std::vector<int> codes;
};

/// What one worker thread counts. Its methods are for that thread alone; they take no lock and do
/// no atomic read-modify-write, and only the first request of a (route, method, code) allocates.
/// The readers below are for any thread.
///
/// Aligned so that two workers share no cache line.
class alignas(64) WorkerMetrics {
 public:
  explicit WorkerMetrics(const RequestLabels& labels);
  ~WorkerMetrics();
  WorkerMetrics(const WorkerMetrics&) = delete;
  WorkerMetrics& operator=(const WorkerMetrics&) = delete;

  /// A response was handed to the kernel. `route` and `method` are places in the labels.
  void RecordRequest(std::size_t route, std::size_t method, int code,
                     std::chrono::nanoseconds latency) {
    const std::size_t series = SeriesOf(route, method, code);
    LatencyHistogram* histogram = series_[series].load(std::memory_order_relaxed);
    if (histogram == nullptr) histogram = AddSeries(series);
    histogram->RecordLatency(latency);
  }

  void RequestStarted() { requests_in_flight_.Add(1); }
  /// Once for each RequestStarted, answered or not.
  void RequestFinished() { requests_in_flight_.Add(-1); }

  void ConnectionOpened() { connections_.Add(1); }
  /// Once for each ConnectionOpened, also for one that is refused at once.
  void ConnectionEnded(ConnectionOutcome outcome) {
    connections_.Add(-1);
    ended_[static_cast<std::size_t>(outcome)].Add(1);
  }

  void CountRefused(RefusedReason reason) { refused_[static_cast<std::size_t>(reason)].Add(1); }

  void CountParseError(ParseErrorReason reason) {
    parse_errors_[static_cast<std::size_t>(reason)].Add(1);
  }

  /// How late a tick of the worker was.
  void RecordLag(std::chrono::nanoseconds lag) { loop_lag_.RecordLag(lag); }

  void AddBytes(std::size_t received, std::size_t sent) {
    received_bytes_.Add(received);
    sent_bytes_.Add(sent);
  }

  // Readers.

  std::int64_t requests_in_flight() const { return requests_in_flight_.value(); }
  std::int64_t connections() const { return connections_.value(); }
  std::uint64_t ended(ConnectionOutcome outcome) const {
    return ended_[static_cast<std::size_t>(outcome)].value();
  }
  std::uint64_t refused(RefusedReason reason) const {
    return refused_[static_cast<std::size_t>(reason)].value();
  }
  std::uint64_t parse_errors(ParseErrorReason reason) const {
    return parse_errors_[static_cast<std::size_t>(reason)].value();
  }
  const LagHistogram& loop_lag() const { return loop_lag_; }
  std::uint64_t received_bytes() const { return received_bytes_.value(); }
  std::uint64_t sent_bytes() const { return sent_bytes_.value(); }

  /// Series are numbered by route, method and code, the code's place running fastest, with one
  /// place more for "other".
  std::size_t series_count() const { return series_count_; }
  /// Absent while nothing was recorded.
  const LatencyHistogram* FindSeries(std::size_t series) const {
    return series_[series].load(std::memory_order_acquire);
  }

 private:
  static constexpr int kLowestCode = 100;
  static constexpr int kHighestCode = 599;

  std::size_t SeriesOf(std::size_t route, std::size_t method, int code) const {
    const std::size_t code_place =
        code < kLowestCode || code > kHighestCode
            ? codes_ - 1
            : place_of_code_[static_cast<std::size_t>(code - kLowestCode)];
    return (route * methods_ + method) * codes_ + code_place;
  }

  LatencyHistogram* AddSeries(std::size_t series);

  const std::size_t methods_;
  const std::size_t codes_;  // "other" included
  const std::size_t series_count_;
  std::array<std::uint8_t, kHighestCode - kLowestCode + 1> place_of_code_;
  // Owned. Each is set once, by the worker, and published with release.
  const std::unique_ptr<std::atomic<LatencyHistogram*>[]> series_;

  SingleWriterGauge requests_in_flight_;
  SingleWriterGauge connections_;
  SingleWriterCounter received_bytes_;
  SingleWriterCounter sent_bytes_;
  std::array<SingleWriterCounter, kConnectionOutcomes> ended_;
  std::array<SingleWriterCounter, kRefusedReasons> refused_;
  std::array<SingleWriterCounter, kParseErrorReasons> parse_errors_;
  LagHistogram loop_lag_;
};

}  // namespace products
