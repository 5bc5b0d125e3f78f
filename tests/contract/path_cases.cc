// Which product a path names, which paths there are, and with which methods.

#include <string>
#include <utility>
#include <vector>

#include "tests/contract/contract_case.h"

namespace products::contract {
namespace {

constexpr std::string_view kNotAnInteger = "productId must be an integer";
constexpr std::string_view kTooSmall = R"(productId must be \u003e= 1)";

ContractCase Get(std::string name, std::string target, int status, std::string answer) {
  return {.name = std::move(name),
          .method = "GET",
          .target = std::move(target),
          .status = status,
          .answer = std::move(answer)};
}

ContractCase Post(std::string name, std::string target, std::string body, int status,
                  std::string answer) {
  return {.name = std::move(name),
          .method = "POST",
          .target = std::move(target),
          .body = std::move(body),
          .status = status,
          .answer = std::move(answer)};
}

ContractCase MethodRefused(const std::string& method, const std::string& target,
                           std::string allow) {
  ContractCase refused{.name = method + " " + target,
                       .method = method,
                       .target = target,
                       .status = 405,
                       .answer = ErrorBody("METHOD_NOT_ALLOWED", "method not allowed")};
  refused.headers["Allow"] = std::move(allow);
  return refused;
}

ContractCase OnlyProductd(ContractCase row, std::string reason) {
  row.answerer = Answerer::kProductdOnly;
  row.reason = std::move(reason);
  return row;
}

}  // namespace

std::vector<ContractCase> OperationCases() {
  std::vector<ContractCase> cases;
  cases.push_back(
      Accepted("create or replace answers 204", std::string(kSampleProduct), kSampleProduct));
  cases.push_back(
      Accepted("the last product put is the one that is read", ProductWith({}), ProductWith({})));
  cases.push_back(Get("the sample product", "/products/1", 200, SampleAnswer()));
  cases.push_back(Get("an unknown product", "/products/999", 404,
                      ErrorBody("NOT_FOUND", "product with ID 999 not found")));
  cases.push_back(Get("the largest id, unknown", "/products/2147483647", 404,
                      ErrorBody("NOT_FOUND", "product with ID 2147483647 not found")));

  for (const std::string type : {"application/json", "application/json; charset=utf-8",
                                 "text/plain", "application/x-www-form-urlencoded", "nonsense"}) {
    ContractCase typed = Accepted("Content-Type: " + type, ProductWith({}), ProductWith({}));
    typed.request_headers = "Content-Type: " + type + "\r\n";
    cases.push_back(std::move(typed));
  }

  // Spaces before the object count as body, so that 65536 bytes are an accepted product.
  const std::string product = ProductWith({});
  cases.push_back(Accepted("a body of 65536 bytes",
                           std::string(65536 - product.size(), ' ') + product, product));
  ContractCase too_large = Post("a body of 65537 bytes", "/products/1/details",
                                std::string(65537 - product.size(), ' ') + product, 413,
                                ErrorBody("PAYLOAD_TOO_LARGE", "body must be at most 65536 bytes"));
  too_large.headers["Connection"] = "close";
  cases.push_back(std::move(too_large));
  return cases;
}

std::vector<ContractCase> PathIdCases() {
  std::vector<ContractCase> cases;
  for (const std::string id : {"abc",
                               "1.0",
                               "1e3",
                               "%201",
                               "1%20",
                               "",
                               "2147483648",
                               "999999999999999",
                               "99999999999999999999999",
                               "-2147483649",
                               "0x1",
                               "1_0",
                               "+",
                               "-",
                               "%2B",
                               "++1",
                               "1a",
                               "%00",
                               "1%00",
                               "%C3%A9"}) {
    const std::string answer = InvalidInput(kNotAnInteger);
    cases.push_back(Get("GET id '" + id + "'", "/products/" + id, 400, answer));
    cases.push_back(Post("POST id '" + id + "'", "/products/" + id + "/details",
                         std::string(kSampleProduct), 400, answer));
  }
  for (const std::string id : {"0", "-1", "-0", "+0", "00", "-2147483648"}) {
    const std::string answer = InvalidInput(kTooSmall);
    cases.push_back(Get("GET id '" + id + "'", "/products/" + id, 400, answer));
    cases.push_back(Post("POST id '" + id + "', a good body", "/products/" + id + "/details",
                         std::string(kSampleProduct), 400, answer));
    cases.push_back(Post("POST id '" + id + "', a bad body", "/products/" + id + "/details",
                         "not json", 400, answer));
  }
  for (const std::string id :
       {"1", "+1", "01", "0000000000000000000000001", "+01", "%31", "%2B1", "%30%31"}) {
    cases.push_back(Get("GET id '" + id + "'", "/products/" + id, 200, SampleAnswer()));
    ContractCase put = Accepted("POST id '" + id + "'", ProductWith({}), ProductWith({}));
    put.target = "/products/" + id + "/details";
    cases.push_back(std::move(put));
  }
  cases.push_back(
      Get("a percent-encoded letter of the path", "/%70roducts/1", 200, SampleAnswer()));
  ContractCase encoded_slash = Accepted("an encoded slash", ProductWith({}), ProductWith({}));
  encoded_slash.target = "/products/1%2Fdetails";
  cases.push_back(std::move(encoded_slash));
  cases.push_back(Get("decoded once only", "/products/%2531", 400, InvalidInput(kNotAnInteger)));
  cases.push_back(Get("a query is no part of the id", "/products/1?x=2", 200, SampleAnswer()));

  for (const std::string target : {"/products/%", "/products/%1", "/products/%zz", "/products/%G1",
                                   "/%", "/products/1/details%"}) {
    ContractCase malformed = Get("malformed encoding " + target, target, 400, {});
    malformed.status_only = true;
    malformed.request_headers = "Connection: close\r\n";
    cases.push_back(std::move(malformed));
  }
  return cases;
}

std::vector<ContractCase> RoutingCases() {
  std::vector<ContractCase> cases;
  for (const std::string target :
       {"/", "/product/1", "/products/1/", "/products/1/detail", "/products/1/details/",
        "/products/1/details/2", "/Products/1", "/nothing", "/healthy", "//products/1",
        "/products/1/../1", "/products/1/x/y/z"}) {
    cases.push_back(Get("GET " + target, target, 404, ErrorBody("NOT_FOUND", "no such path")));
    cases.push_back(Post("POST " + target, target, std::string(kSampleProduct), 404,
                         ErrorBody("NOT_FOUND", "no such path")));
  }
  for (const std::string method : {"POST", "PUT", "PATCH"}) {
    cases.push_back(OnlyProductd(MethodRefused(method, "/products/1", "GET, HEAD, DELETE"),
                                 "the Go peer does not delete"));
    ContractCase go = MethodRefused(method, "/products/1", "GET, HEAD");
    go.answerer = Answerer::kGoPeerOnly;
    go.reason = "productd deletes too";
    cases.push_back(std::move(go));
  }
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    cases.push_back(MethodRefused(method, "/health", "GET, HEAD"));
    for (const std::string target :
         {"/healthz", "/readyz", "/metrics", "/version", "/openapi.json"}) {
      cases.push_back(
          OnlyProductd(MethodRefused(method, target, "GET, HEAD"), "the Go peer has no such path"));
    }
  }
  for (const std::string method : {"GET", "PUT", "PATCH", "DELETE"}) {
    cases.push_back(MethodRefused(method, "/products/1/details", "POST"));
  }
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    cases.push_back(OnlyProductd(MethodRefused(method, "/products", "GET, HEAD"),
                                 "the Go peer has no such path"));
  }
  return cases;
}

}  // namespace products::contract
