#pragma once

#include "server/http/routes.h"

namespace products {

/// GET /products: the products behind `?after=ID`, or all, ids ascending.
///
/// As JSON a page: `{"products":[…],"next_after":ID}`, at most `?limit=` of them (1 to 1000, 100
/// when not said); `next_after` is what to ask for next, absent on the last page. A page is made in
/// one piece: of its products, those that were changed together may still be shown before and
/// after.
///
/// With `Accept: application/x-ndjson` all of them, a product a line, made while it is sent. It is
/// no snapshot: each product is there at most once, as it was when its piece was made; one that
/// existed the whole time is there; one created, replaced or removed meanwhile may be shown or not,
/// before or after the change. A stream that ends without the last chunk is not whole.
Answer GetProducts(const Request& request, HandlerContext& context, Response& response);

}  // namespace products
