#include "server/http/routes.h"

#include <algorithm>
#include <array>

#include "server/http/admin_handlers.h"
#include "server/http/batch_handlers.h"
#include "server/http/health_handlers.h"
#include "server/http/list_handlers.h"
#include "server/http/metrics_handlers.h"
#include "server/http/product_handlers.h"

namespace products {
namespace {

// The hottest first: the search goes from top to bottom.
constexpr std::array kRoutes = {
    Route{Method::kGet, "/products/{productId}", Plane::kPublic, Needs::kCatalogue, Effect::kReads,
          GetProduct},
    Route{Method::kPost, "/products/{productId}/details", Plane::kPublic, Needs::kCatalogue,
          Effect::kChanges, PostProductDetails},
    Route{Method::kGet, "/products", Plane::kPublic, Needs::kCatalogue, Effect::kReads,
          GetProducts},
    Route{Method::kPost, "/products/batch", Plane::kPublic, Needs::kCatalogue, Effect::kChanges,
          nullptr, PostProductBatch},
    Route{Method::kDelete, "/products/{productId}", Plane::kPublic, Needs::kCatalogue,
          Effect::kChanges, DeleteProduct},
    Route{Method::kGet, "/health", Plane::kBoth, Needs::kNothing, Effect::kReads, GetHealth},
    Route{Method::kGet, "/healthz", Plane::kManagement, Needs::kNothing, Effect::kReads,
          GetLiveness},
    Route{Method::kGet, "/readyz", Plane::kManagement, Needs::kNothing, Effect::kReads,
          GetReadiness},
    Route{Method::kGet, "/metrics", Plane::kManagement, Needs::kNothing, Effect::kReads,
          GetMetrics},
    Route{Method::kPost, "/admin/backup", Plane::kManagement, Needs::kCatalogue, Effect::kReads,
          PostBackup},
    Route{Method::kGet, "/version", Plane::kBoth, Needs::kNothing, Effect::kReads, GetVersion},
    Route{Method::kGet, "/openapi.json", Plane::kBoth, Needs::kNothing, Effect::kReads, GetOpenApi},
};

// "none", then each pattern once, whatever its methods: the labels of the metrics.
std::vector<std::string> MetricRoutes(std::span<const Route> all) {
  std::vector<std::string> routes = {"none"};
  for (const Route& route : all) {
    if (std::find(routes.begin(), routes.end(), route.pattern) == routes.end()) {
      routes.emplace_back(route.pattern);
    }
  }
  return routes;
}

}  // namespace

RouteTable::RouteTable(Plane plane) : RouteTable(plane, kRoutes) {}

RouteTable::RouteTable(Plane plane, std::span<const Route> routes) {
  const std::vector<std::string> metric_routes = MetricRoutes(routes);
  for (const Route& route : routes) {
    if (plane != Plane::kBoth && route.plane != Plane::kBoth && route.plane != plane) continue;
    const std::string_view pattern = route.pattern;
    const std::size_t open = pattern.find('{');
    const bool has_parameter = open != std::string_view::npos;
    const auto metric_route = std::find(metric_routes.begin(), metric_routes.end(), pattern);
    entries_.push_back(
        {.route = route,
         .prefix = pattern.substr(0, open),
         .suffix = has_parameter ? pattern.substr(pattern.find('}') + 1) : "",
         .has_parameter = has_parameter,
         .metric_route = static_cast<std::size_t>(metric_route - metric_routes.begin())});
  }
}

bool RouteTable::Matches(const Entry& entry, std::string_view path, std::string_view& parameter) {
  if (!entry.has_parameter) return path == entry.prefix;
  if (path.size() < entry.prefix.size() + entry.suffix.size() || !path.starts_with(entry.prefix) ||
      !path.ends_with(entry.suffix)) {
    return false;
  }
  parameter =
      path.substr(entry.prefix.size(), path.size() - entry.prefix.size() - entry.suffix.size());
  return parameter.find('/') == std::string_view::npos;
}

RouteTable::Match RouteTable::Find(Method method, std::string_view path) const {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  for (const Entry& entry : entries_) {
    std::string_view parameter;
    if (entry.route.method == wanted && Matches(entry, path, parameter)) {
      return {&entry.route, parameter, {}, entry.metric_route};
    }
  }
  Match none;
  for (const Entry& entry : entries_) {
    std::string_view parameter;
    if (!Matches(entry, path, parameter)) continue;
    if (!none.allow.empty()) none.allow += ", ";
    none.allow += MethodName(entry.route.method);
    if (entry.route.method == Method::kGet) none.allow += ", HEAD";
    none.metric_route = entry.metric_route;
  }
  return none;
}

std::span<const Route> AllRoutes() { return kRoutes; }

RequestLabels HttpRequestLabels() {
  RequestLabels labels;
  for (std::size_t i = 0; i < kMethods; ++i) {
    labels.methods.emplace_back(MethodName(static_cast<Method>(i)));
  }
  labels.methods.emplace_back("other");
  labels.routes = MetricRoutes(kRoutes);
  labels.codes = AnsweredStatuses();
  return labels;
}

}  // namespace products
