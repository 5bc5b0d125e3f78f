#pragma once

#include "server/http/routes.h"

namespace products {

/// GET /metrics: rendered on the background thread, for it takes milliseconds.
Answer GetMetrics(const Request& request, HandlerContext& context, Response& response);

}  // namespace products
