#include "tests/cli/fake_catalog.h"

#include <sstream>

namespace products::cli {

namespace {

constexpr char kListing[] =
    "{\"product_id\":1,\"sku\":\"ABC-123-XYZ\",\"manufacturer\":\"Acme Corporation\","
    "\"category_id\":456,\"weight\":1250,\"some_other_id\":789}\n"
    "{\"product_id\":2,\"sku\":\"a\\tb\\nc\\u001b[31m\",\"manufacturer\":\"日本 "
    "\\u003cMüller\\u003e, \\\"x\\\"\",\"category_id\":1,\"weight\":0,"
    "\"some_other_id\":2147483647}\n";

// Stores every line but those of product 7.
Reply BatchReply(const std::string& request) {
  std::istringstream lines(request.substr(request.find("\r\n\r\n") + 4));
  std::string errors;
  int stored = 0;
  int rejected = 0;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find("\"product_id\":7,") == std::string::npos) {
      ++stored;
      continue;
    }
    ++rejected;
    if (!errors.empty()) errors += ',';
    errors += "{\"line\":" + std::to_string(number) +
              R"(,"error":"INVALID_INPUT","message":"weight must be \u003e= 0"})";
  }
  return JsonReply(200, "{\"stored\":" + std::to_string(stored) + ",\"rejected\":" +
                            std::to_string(rejected) + ",\"errors\":[" + errors + "]}\n");
}

}  // namespace

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
  if (Asks(request, "POST /products/batch")) return BatchReply(request);
  if (Asks(request, "GET /products?after=0")) {
    return {"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: " +
            std::to_string(sizeof(kListing) - 1) + "\r\n\r\n" + kListing};
  }
  if (request.starts_with("POST /products/")) return NoContentReply();
  return ErrorReply(404, "NOT_FOUND", "product with ID 999 not found");
}

}  // namespace products::cli
