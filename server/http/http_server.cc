#include "server/http/http_server.h"

#include <utility>

#include "server/config/listen_address.h"

namespace products {

HttpServer::HttpServer(const Config& config, const Services& services)
    : services_(services),
      public_routes_(config.management.listen.empty() ? Plane::kBoth : Plane::kPublic),
      management_routes_(Plane::kManagement) {
  state_.limits = config.http;
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const Config& config,
                                                      const Services& services,
                                                      const Clock& clock) {
  const Result<ListenAddress> address = ParseListenAddress(config.http.listen);
  if (!address.ok()) return address.error();

  std::unique_ptr<HttpServer> server(new HttpServer(config, services));
  auto listener =
      PistacheListener::Start({*address, config.workers, config.http.backlog, "http"},
                              server->public_routes_, server->services_, clock, server->state_);
  if (!listener.ok()) return listener.error();
  server->public_listener_ = std::move(*listener);
  if (config.management.listen.empty()) return server;

  const Result<ListenAddress> management = ParseListenAddress(config.management.listen);
  if (!management.ok()) return management.error();
  auto management_listener =
      PistacheListener::Start({*management, 1, config.http.backlog, "management"},
                              server->management_routes_, server->services_, clock, server->state_);
  if (!management_listener.ok()) return management_listener.error();
  server->management_listener_ = std::move(*management_listener);
  return server;
}

std::optional<ListenAddress> HttpServer::management_address() const {
  if (management_listener_ == nullptr) return std::nullopt;
  return management_listener_->address();
}

void HttpServer::StartDraining() { state_.draining.store(true, std::memory_order_relaxed); }

std::int64_t HttpServer::RequestsInFlight() const { return public_listener_->requests_in_flight(); }

bool HttpServer::QuietSince(MonotonicTime since) const {
  return public_listener_->last_request() < since.time_since_epoch().count();
}

void HttpServer::SetLimits(const Config::Http& limits) {
  {
    const std::lock_guard lock(state_.limits_mutex);
    state_.limits = limits;
  }
  state_.limits_version.fetch_add(1, std::memory_order_release);
}

void HttpServer::Stop() {
  public_listener_->Stop();
  if (management_listener_ != nullptr) management_listener_->Stop();
}

}  // namespace products
