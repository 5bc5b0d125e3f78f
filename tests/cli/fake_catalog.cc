#include "tests/cli/fake_catalog.h"

#include <cstdlib>
#include <sstream>
#include <string_view>
#include <vector>

namespace products::cli {
namespace {

// Without the "\n". The first is product 1.
const std::vector<std::string>& Products() {
  static const std::vector<std::string> kProducts = {
      std::string(kSampleJson, sizeof(kSampleJson) - 2),
      R"({"product_id":2,"sku":"a\tb\nc\u001b[31m","manufacturer":"日本 \u003cMüller\u003e \\",)"
      R"("category_id":1,"weight":0,"some_other_id":2147483647})",
      R"({"product_id":3,"sku":"東京-0001-スペシャル-エディション","manufacturer":"Vereinigte )"
      R"(Gesellschaft für außerordentlich lange Firmennamen mit beschränkter Haftung & Co. KG",)"
      R"("category_id":2147483647,"weight":2147483647,"some_other_id":1})"};
  return kProducts;
}

// The number behind `name` in `text`, 0 without one.
std::size_t NumberBehind(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return 0;
  return std::strtoul(text.data() + at + name.size(), nullptr, 10);
}

std::string TagOf(std::size_t id) { return "\"v" + std::to_string(id) + "\""; }

std::string PageOf(std::size_t after, std::size_t limit) {
  std::string page = "{\"products\":[";
  std::size_t last = after;
  for (; last < Products().size() && last < after + limit; ++last) {
    if (last > after) page += ',';
    page += Products()[last];
  }
  page += ']';
  if (last < Products().size()) page += ",\"next_after\":" + std::to_string(last);
  return page + "}\n";
}

// Whether the conditions of a change of product `id` hold.
bool MayChange(const std::string& request, std::size_t id) {
  const bool is_there = id >= 1 && id <= Products().size();
  const std::size_t if_match = request.find("\r\nIf-Match: ");
  if (if_match != std::string::npos) {
    const std::string wanted = "\r\nIf-Match: " + TagOf(id) + "\r\n";
    if (!is_there || request.compare(if_match, wanted.size(), wanted) != 0) return false;
  }
  return !is_there || request.find("\r\nIf-None-Match: *\r\n") == std::string::npos;
}

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
  const std::string line = request.substr(0, request.find(" HTTP/"));
  const std::size_t id = NumberBehind(line, "/products/");
  const bool is_there = id >= 1 && id <= Products().size();
  const Reply not_found = ErrorReply(
      404, "NOT_FOUND", "product with ID " + std::to_string(id == 0 ? 999 : id) + " not found");
  const Reply has_changed = ErrorReply(412, "PRECONDITION_FAILED", "the product has another ETag");
  if (line.starts_with("GET /products?limit=")) {
    return JsonReply(200, PageOf(NumberBehind(line, "after="), NumberBehind(line, "limit=")));
  }
  if (line.starts_with("GET /products/") && is_there) {
    return JsonReply(200, Products()[id - 1] + "\n", "ETag: " + TagOf(id) + "\r\n");
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
  if (line.starts_with("GET /products?after=0")) {
    return {"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: " +
            std::to_string(sizeof(kListing) - 1) + "\r\n\r\n" + kListing};
  }
  if (line.starts_with("POST /products/")) {
    if (!MayChange(request, id)) return has_changed;
    return {"HTTP/1.1 204 No Content\r\nETag: \"new\"\r\n\r\n", Reply::Then::kKeepOpen};
  }
  if (line.starts_with("DELETE /products/")) {
    if (!is_there) return not_found;
    return MayChange(request, id) ? NoContentReply() : has_changed;
  }
  return not_found;
}

}  // namespace products::cli
