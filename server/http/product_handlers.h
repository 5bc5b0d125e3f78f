#pragma once

#include "server/http/routes.h"

namespace products {

/// GET /products/{productId}: the product, as it lies in the table; 304 or 412 when the request's
/// conditions say so.
Answer GetProduct(const Request& request, HandlerContext& context, Response& response);

/// POST /products/{productId}/details: creates or replaces; answered once the engine has committed,
/// and 412 when the conditions did not hold then.
Answer PostProductDetails(const Request& request, HandlerContext& context, Response& response);

/// DELETE /products/{productId}: as POST; 404 when there was none then.
Answer DeleteProduct(const Request& request, HandlerContext& context, Response& response);

/// What a refused write is counted as.
RefusedReason RefusedReasonOf(WriteRefusal refusal);

}  // namespace products
