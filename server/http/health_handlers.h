#pragma once

#include "server/http/routes.h"

namespace products {

/// GET /health: what load balancers ask for; 200 as long as the process answers.
Answer GetHealth(const Request& request, HandlerContext& context, Response& response);

/// GET /healthz: liveness. 200 also while draining, or a drain would be cut short by a restart.
Answer GetLiveness(const Request& request, HandlerContext& context, Response& response);

/// GET /readyz: 503 with the reason while this process should get no traffic.
Answer GetReadiness(const Request& request, HandlerContext& context, Response& response);

/// GET /version.
Answer GetVersion(const Request& request, HandlerContext& context, Response& response);

/// GET /openapi.json: the description of this API.
Answer GetOpenApi(const Request& request, HandlerContext& context, Response& response);

}  // namespace products
