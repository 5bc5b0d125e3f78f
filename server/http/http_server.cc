#include "server/http/http_server.h"

#include <utility>

#include "server/config/listen_address.h"

namespace products {
namespace {

// Probes, scrapers and whoever looks meanwhile. Out of the descriptors that the process keeps for
// itself beside those of http.max_connections.
constexpr std::size_t kMaxManagementConnections = 100;

void PutLimits(ServerState& state, const Config::Http& limits) {
  {
    const std::lock_guard lock(state.limits_mutex);
    state.limits = limits;
  }
  state.limits_version.fetch_add(1, std::memory_order_release);
}

}  // namespace

HttpServer::HttpServer(const Config& config, const Services& services)
    : services_(services),
      public_routes_(config.management.listen.empty() ? Plane::kBoth : Plane::kPublic),
      management_routes_(Plane::kManagement) {
  SetLimits(config.http);
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const Config& config,
                                                      const Services& services,
                                                      const Clock& clock) {
  const Result<ListenAddress> address = ParseListenAddress(config.http.listen);
  if (!address.ok()) return address.error();

  std::unique_ptr<HttpServer> server(new HttpServer(config, services));
  auto listener = PistacheListener::Bind({*address, config.workers, config.http.backlog, "http"},
                                         server->public_routes_, server->services_, clock,
                                         server->public_state_);
  if (!listener.ok()) return listener.error();
  server->public_listener_ = std::move(*listener);
  // Both are bound before either serves: a start that fails has served nobody.
  if (!config.management.listen.empty()) {
    const Status bound = server->BindManagement(config, clock);
    if (!bound.ok()) return bound.error();
    const Status served = server->management_listener_->Serve();
    if (!served.ok()) return served.error();
  }
  const Status served = server->public_listener_->Serve();
  if (!served.ok()) return served.error();
  return server;
}

Status HttpServer::BindManagement(const Config& config, const Clock& clock) {
  const Result<ListenAddress> address = ParseListenAddress(config.management.listen);
  if (!address.ok()) return address.error();
  auto listener = PistacheListener::Bind({*address, 1, config.http.backlog, "management"},
                                         management_routes_, services_, clock, management_state_);
  if (!listener.ok()) return listener.error();
  management_listener_ = std::move(*listener);
  return {};
}

std::optional<ListenAddress> HttpServer::management_address() const {
  if (management_listener_ == nullptr) return std::nullopt;
  return management_listener_->address();
}

void HttpServer::StartDraining() {
  for (ServerState* const state : {&public_state_, &management_state_}) {
    state->draining.store(true, std::memory_order_relaxed);
  }
}

std::int64_t HttpServer::RequestsInFlight() const { return public_listener_->requests_in_flight(); }

bool HttpServer::QuietSince(MonotonicTime since) const {
  return public_listener_->last_request() < since.time_since_epoch().count();
}

void HttpServer::SetLimits(const Config::Http& limits) {
  PutLimits(public_state_, limits);
  Config::Http management_limits = limits;
  management_limits.max_connections = kMaxManagementConnections;
  PutLimits(management_state_, management_limits);
}

void HttpServer::Stop() {
  public_listener_->Stop();
  if (management_listener_ != nullptr) management_listener_->Stop();
}

}  // namespace products
