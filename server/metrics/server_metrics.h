#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "server/metrics/commit_metrics.h"
#include "server/metrics/exposition_text.h"
#include "server/metrics/metric_names.h"
#include "server/metrics/worker_metrics.h"

namespace products {

/// The labels of productd_build_info.
struct BuildLabels {
  std::string version;
  std::string commit;
  std::string engine;
};

/// Owns all that is counted, and renders /metrics from it. Recording goes to the worker's and the
/// writer's own cells and never waits for a scrape.
///
/// A scrape merges the cells in one pass and takes counts and sums from the same copy, so that in
/// each histogram _count equals the +Inf bucket; no counter ever decreases from one scrape to the
/// next. Counters by outcome or reason are there with 0 from the start; a series of
/// http_request_duration_seconds from its first request on.
class ServerMetrics {
 public:
  /// Called while rendering, on its thread: must be thread-safe, quick, and not call back here.
  using Figure = std::function<double()>;

  ServerMetrics(RequestLabels labels, BuildLabels build);
  ServerMetrics(const ServerMetrics&) = delete;
  ServerMetrics& operator=(const ServerMetrics&) = delete;

  /// Any thread. The cells of one more worker; valid as long as this.
  WorkerMetrics& AddWorker();

  /// For the commit queue's writer thread.
  CommitMetrics& commit() { return commit_; }

  /// Any thread. A figure owned elsewhere, which from now on every scrape asks for; what it reads
  /// must outlive the last Render. Several of one name differ in their labels.
  void AddGauge(const MetricDescription& description, MetricLabels labels, Figure figure);
  void AddCounter(const MetricDescription& description, MetricLabels labels, Figure figure);

  /// Any thread but an I/O one: milliseconds. The Prometheus text format, version 0.0.4.
  std::string Render() const;

 private:
  struct LabelledFigure {
    MetricLabels labels;
    Figure figure;
  };
  struct FigureFamily {
    MetricType type;
    std::string name;
    std::string help;
    std::vector<LabelledFigure> figures;
  };

  void AddFigure(MetricType type, const MetricDescription& description, MetricLabels labels,
                 Figure figure);

  const RequestLabels labels_;
  const BuildLabels build_;
  CommitMetrics commit_;

  // Held while rendering, so that scrapes follow each other and later ones see no smaller count.
  mutable std::mutex mutex_;  // guards what follows
  std::deque<WorkerMetrics> workers_;
  std::vector<FigureFamily> figures_;
};

}  // namespace products
