#pragma once

#include <memory>

#include "server/http/routes.h"

namespace products {

/// POST /products/batch: NDJSON, a product with its product_id a line, however long. Lines are
/// taken as they come and stored in groups, each a commit of its own: a batch is no transaction,
/// and what was stored stays when the client leaves or a later group fails. Answered once every
/// group is durable:
///
///     {"stored":N,"rejected":M,"errors":[{"line":3,"error":"INVALID_INPUT","message":"…"}]}
///
/// Lines count from 1, blank ones too, which are skipped otherwise; a line over http.max_body_bytes
/// is rejected (PAYLOAD_TOO_LARGE). The first 100 errors are reported. When a group cannot be
/// stored the answer is that of a single write, and `details` says how many products are.
///
/// Memory: a group that is filled and two that are committed; while those are, the client is not
/// read from. Null, and 503, with http.max_batch_streams of them at once.
std::unique_ptr<BodyReceiver> PostProductBatch(const Request& request, HandlerContext& context,
                                               Response& response);

}  // namespace products
