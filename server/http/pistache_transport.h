#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "server/config/listen_address.h"
#include "server/http/worker.h"

namespace products {

/// A listening socket with its accept thread and worker threads, all Pistache's; each worker runs a
/// Worker of ours on Pistache's reactor.
class PistacheListener {
 public:
  struct Options {
    ListenAddress address;
    int workers;
    int backlog;
    /// Names the threads: "http", "management".
    std::string name;
  };

  /// Binds the address; who connects waits until Serve. kUnavailable when it cannot be bound.
  /// References must outlive the listener.
  static Result<std::unique_ptr<PistacheListener>> Bind(const Options& options,
                                                        const RouteTable& routes,
                                                        Services& services, const Clock& clock,
                                                        ServerState& state);
  /// Starts accept and worker threads. Once; kUnavailable when a thread cannot be started.
  Status Serve();
  /// As Stop().
  ~PistacheListener();
  PistacheListener(const PistacheListener&) = delete;
  PistacheListener& operator=(const PistacheListener&) = delete;

  /// With the port that was bound.
  ListenAddress address() const;
  /// Over all workers: requests begun and not yet answered.
  std::int64_t requests_in_flight() const;
  /// When any worker last had a request, as nanoseconds of MonotonicTime; 0 before the first.
  std::int64_t last_request() const;

  /// Ends accept and worker threads at once: drain before. What is answered from then on is
  /// dropped.
  void Stop();

 private:
  class State;
  explicit PistacheListener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace products
