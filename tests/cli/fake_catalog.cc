#include "tests/cli/fake_catalog.h"

namespace products::cli {

bool Asks(const std::string& request, const std::string& target) {
  return request.starts_with(target + " ");
}

Reply FakeCatalog(const std::string& request) {
  if (Asks(request, "GET /products/1")) return JsonReply(200, kSampleJson);
  if (Asks(request, "GET /products/2")) {
    return JsonReply(200,
                     "{\"product_id\":2,\"sku\":\"a\\tb\\nc\\u001b[31m\",\"manufacturer\":"
                     "\"日本 \\u003cMüller\\u003e \\\\\",\"category_id\":1,\"weight\":0,"
                     "\"some_other_id\":2147483647}\n");
  }
  if (Asks(request, "GET /health") || Asks(request, "GET /readyz")) {
    return JsonReply(200, "{\"status\":\"ok\"}\n");
  }
  if (Asks(request, "GET /version")) {
    return JsonReply(200, "{\"version\":\"9.8.7\",\"commit\":\"abcdef\"}\n");
  }
  if (Asks(request, "POST /products/7/details")) {
    return ErrorReply(400, "INVALID_INPUT", "weight must be \\u003e= 0");
  }
  if (request.starts_with("POST /products/")) return NoContentReply();
  return ErrorReply(404, "NOT_FOUND", "product with ID 999 not found");
}

}  // namespace products::cli
