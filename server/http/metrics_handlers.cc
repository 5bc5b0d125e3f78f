#include "server/http/metrics_handlers.h"

#include <memory>
#include <utility>

namespace products {

Answer GetMetrics(const Request&, HandlerContext& context, Response& response) {
  // shared_ptr, because a std::function must be copyable and a Completion is not.
  auto completion = std::make_shared<Completion>(context.MakeCompletion());
  const ServerMetrics& metrics = context.services.metrics;
  const bool posted = context.services.background.Post([completion, &metrics] {
    Response rendered;
    rendered.content_type = "text/plain; version=0.0.4; charset=utf-8";
    rendered.owned_body = metrics.Render();
    completion->Answer(std::move(rendered));
  });
  if (posted) return Answer::kLater;
  completion->Dismiss();
  context.worker.CountRefused(RefusedReason::kBackgroundFull);
  response = ErrorResponse({ErrorCode::kOverloaded, "too many scrapes are waiting", {}});
  return Answer::kNow;
}

}  // namespace products
