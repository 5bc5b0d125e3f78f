#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/background_thread.h"
#include "server/config/config.h"
#include "server/http/batch_streams.h"
#include "server/http/body_stream.h"
#include "server/http/completion.h"
#include "server/http/message.h"
#include "server/metrics/server_metrics.h"
#include "server/service/backups.h"
#include "server/service/catalog.h"

namespace products {

/// What handlers work with. All of it outlives the server; all calls are thread-safe.
struct Services {
  Catalog& catalog;
  ServerMetrics& metrics;
  BackgroundThread& background;
  Backups& backups;
  BatchStreams& batch_streams;
};

/// One handler's call: who it may ask, and how to answer later.
class HandlerContext {
 public:
  HandlerContext(Services& its_services, WorkerMetrics& its_worker, const Config::Http& its_limits,
                 const std::shared_ptr<Mailbox>& mailbox, RequestAddress address)
      : services(its_services),
        worker(its_worker),
        limits(its_limits),
        mailbox_(mailbox),
        address_(address) {}

  /// Makes the answer the holder's duty; the handler then returns Answer::kLater.
  Completion MakeCompletion() { return {mailbox_, address_}; }

  /// For a BodyReceiver, which waits by it and is then called again.
  Resumption MakeResumption() { return {mailbox_, address_}; }

  Services& services;
  WorkerMetrics& worker;
  const Config::Http& limits;

 private:
  const std::shared_ptr<Mailbox>& mailbox_;
  RequestAddress address_;
};

enum class Answer { kNow, kLater };

/// Fills `response` and returns kNow; or takes a Completion, returns kLater, and `response` is
/// ignored. Runs on a worker: must not wait.
using Handler = Answer (*)(const Request& request, HandlerContext& context, Response& response);

/// The same for a route whose body is streamed: called when the header section is complete, with an
/// empty body. Returns who receives the body; or null, and `response` is the answer, after which
/// the connection ends.
using StreamHandler = std::unique_ptr<BodyReceiver> (*)(const Request& request,
                                                        HandlerContext& context,
                                                        Response& response);

/// Which listener serves a route.
enum class Plane { kPublic, kManagement, kBoth };

/// What a route cannot be served without. Who needs the catalogue is answered 503 while that is
/// loaded.
enum class Needs { kNothing, kCatalogue };

/// What a route does to the catalogue. What changes it is answered 403 while http.read_only is set.
enum class Effect { kReads, kChanges };

struct Route {
  Method method;
  /// "/health", or with one parameter, which stands for a run of characters without "/":
  /// "/products/{productId}/details". Also the label of the metrics.
  std::string_view pattern;
  Plane plane;
  Needs needs;
  Effect effect;
  /// Null when the route has a stream handler.
  Handler handler;
  /// For a body that http.max_body_bytes does not bound and nobody gathers.
  StreamHandler stream_handler = nullptr;
};

/// Every route of both planes.
std::span<const Route> AllRoutes();

/// The one table of what this server answers.
class RouteTable {
 public:
  /// `plane` is kPublic, kManagement, or kBoth for a server with one listener.
  explicit RouteTable(Plane plane);
  /// Of other routes, for tests of what the machinery can and no route here does.
  RouteTable(Plane plane, std::span<const Route> routes);

  struct Match {
    /// Null when no route has this path and method.
    const Route* route = nullptr;
    std::string_view path_parameter;
    /// The methods that the path does have, for Allow: "GET, HEAD"; empty for an unknown path.
    std::string allow;
    /// Place in MetricRoutes().
    std::size_t metric_route = 0;
  };

  /// `path` is percent-decoded. HEAD finds the route of GET. Allocates only when there is no match.
  Match Find(Method method, std::string_view path) const;

 private:
  struct Entry {
    Route route;
    std::string_view prefix;
    std::string_view suffix;
    bool has_parameter;
    std::size_t metric_route;
  };
  static bool Matches(const Entry& entry, std::string_view path, std::string_view& parameter);

  std::vector<Entry> entries_;
};

/// Labels of http_request_duration_seconds. Place 0 of the routes is "none", what matched no route;
/// the last of the methods is "other", what was no request.
RequestLabels HttpRequestLabels();
inline constexpr std::size_t kNoMetricRoute = 0;
inline constexpr std::size_t kOtherMetricMethod = kMethods;

}  // namespace products
