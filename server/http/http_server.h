#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "server/config/config.h"
#include "server/http/pistache_transport.h"

namespace products {

/// The listeners with all they need; one thread starts, drains and stops it.
class HttpServer {
 public:
  /// Listens and serves. The public listener has config.workers threads, which are then a number
  /// and not the 0 for "as many as CPUs"; the management listener has one.
  static Result<std::unique_ptr<HttpServer>> Start(const Config& config, const Services& services,
                                                   const Clock& clock);

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  ListenAddress http_address() const { return public_listener_->address(); }
  /// Absent when management has no port of its own.
  std::optional<ListenAddress> management_address() const;

  /// From now on responses end their connection, and idle ones are closed.
  void StartDraining();
  /// Requests of the public listener begun and not yet answered.
  std::int64_t RequestsInFlight() const;
  /// Whether no product request has come since then. Requests of the management port do
  /// not count: probes and scrapes go on to the end.
  bool QuietSince(MonotonicTime since) const;

  /// Takes effect within Worker::kTick, for open connections too.
  void SetLimits(const Config::Http& limits);

  /// Ends all threads; connections still open are closed.
  void Stop();

 private:
  HttpServer(const Config& config, const Services& services);
  Status BindManagement(const Config& config, const Clock& clock);

  Services services_;
  // Two, so that a crowd at the public port takes no connection from probes and scrapes.
  ServerState public_state_;
  ServerState management_state_;
  RouteTable public_routes_;
  RouteTable management_routes_;
  std::unique_ptr<PistacheListener> public_listener_;
  std::unique_ptr<PistacheListener> management_listener_;
};

}  // namespace products
