#pragma once

#include "server/http/routes.h"

namespace products {

/// GET /products/{productId}: the product, as it lies in the table.
Answer GetProduct(const Request& request, HandlerContext& context, Response& response);

/// POST /products/{productId}/details: creates or replaces; answered once the engine has committed.
Answer PostProductDetails(const Request& request, HandlerContext& context, Response& response);

/// What a refused write is counted as.
RefusedReason RefusedReasonOf(WriteRefusal refusal);

}  // namespace products
