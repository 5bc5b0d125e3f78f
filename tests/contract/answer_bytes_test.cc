// Section 2 of the contract to the byte: whole answers, as they stand on the wire.

#include <gtest/gtest.h>

#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "tests/contract/contract_case.h"
#include "tests/contract/contract_server.h"

namespace products::contract {
namespace {

struct Exchange {
  std::string method = {};
  std::string target = {};
  std::string headers = {};
  /// Of the answer, line by line; DATE and ETAG stand for one.
  std::vector<std::string> head = {};
  std::string body = {};
};

std::string Escaped(const std::string& text) {
  return std::regex_replace(text, std::regex(R"([.*+?()\[\]{}|^$\\])"), R"(\$&)");
}

// What the answer's bytes must match.
std::string FormOf(const Exchange& exchange) {
  std::string form;
  for (const std::string& line : exchange.head) {
    if (line == "DATE") {
      form += "Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT";
    } else if (line == "ETAG") {
      form += R"(ETag: "[0-9a-f]{16}")";
    } else {
      form += Escaped(line);
    }
    form += "\r\n";
  }
  return form + "\r\n" + Escaped(exchange.body);
}

std::vector<Exchange> Exchanges() {
  const std::string ok = "HTTP/1.1 200 OK";
  const std::string json = "Content-Type: application/json";
  const std::string close = "Connection: close";
  const std::string health = "{\"status\":\"ok\"}\n";
  const auto error = [&](const std::string& status, const std::string& code,
                         const std::string& message, const std::vector<std::string>& more = {}) {
    Exchange answer;
    answer.body = ErrorBody(code, message);
    answer.head = {"HTTP/1.1 " + status, json, "DATE",
                   "Content-Length: " + std::to_string(answer.body.size()), close};
    answer.head.insert(answer.head.end(), more.begin(), more.end());
    return answer;
  };
  const auto of = [](const std::string& method, const std::string& target, Exchange answer,
                     const std::string& headers = {}) {
    answer.method = method;
    answer.target = target;
    answer.headers = headers;
    return answer;
  };
  const auto head_of = [&](const std::string& target, Exchange answer) {
    answer = of("HEAD", target, std::move(answer));
    answer.body.clear();
    return answer;
  };
  const Exchange product{.head = {ok, json, "DATE", "Content-Length: 123", "ETAG", close},
                         .body = SampleAnswer()};
  const Exchange not_found = error("404 Not Found", "NOT_FOUND", "product with ID 999 not found");
  const Exchange no_path = error("404 Not Found", "NOT_FOUND", "no such path");
  const Exchange other_tag =
      error("412 Precondition Failed", "PRECONDITION_FAILED", "the product has another ETag");
  const auto not_allowed = [&](const std::string& allow) {
    return error("405 Method Not Allowed", "METHOD_NOT_ALLOWED", "method not allowed",
                 {"Allow: " + allow});
  };
  const std::string stale = "If-Match: \"0000000000000000\"\r\n";
  const Exchange is_well{.head = {ok, json, "DATE", "Content-Length: 16", close}, .body = health};
  return {
      of("GET", "/products/1", product),
      head_of("/products/1", product),
      of("GET", "/products/1", {.head = {"HTTP/1.1 304 Not Modified", "DATE", "ETAG", close}},
         "If-None-Match: *\r\n"),
      of("HEAD", "/products/1", {.head = {"HTTP/1.1 304 Not Modified", "DATE", "ETAG", close}},
         "If-None-Match: *\r\n"),
      of("GET", "/products/1", other_tag, stale),
      of("DELETE", "/products/1", other_tag, stale),
      of("DELETE", "/products/1", {.head = {"HTTP/1.1 204 No Content", "DATE", close}}),
      of("DELETE", "/products/999", not_found),
      of("GET", "/products/999", not_found),
      head_of("/products/999", not_found),
      of("GET", "/nothing", no_path),
      of("DELETE", "/products/1/2", no_path),
      of("PUT", "/products/1", not_allowed("GET, HEAD, DELETE")),
      of("OPTIONS", "/products/1", not_allowed("GET, HEAD, DELETE")),
      of("DELETE", "/products/1/details", not_allowed("POST")),
      of("DELETE", "/openapi.json", not_allowed("GET, HEAD")),
      of("GET", "/admin/backup", not_allowed("POST")),
      of("GET", "/health", is_well),
      of("GET", "/healthz", is_well),
      of("GET", "/readyz", is_well),
      head_of("/readyz", is_well),
  };
}

// With CORS on for one origin.
std::vector<Exchange> CrossOriginExchanges() {
  const std::vector<std::string> cors = {"Access-Control-Allow-Origin: https://shop.example",
                                         "Access-Control-Expose-Headers: ETag"};
  const auto preflight = [&](const std::string& target, const std::string& methods) {
    Exchange exchange{.method = "OPTIONS", .target = target, .head = {"HTTP/1.1 204 No Content"}};
    exchange.head.insert(exchange.head.end(), {"DATE", "Connection: close"});
    exchange.head.insert(exchange.head.end(), cors.begin(), cors.end());
    exchange.head.insert(
        exchange.head.end(),
        {"Allow: " + methods + ", OPTIONS", "Access-Control-Allow-Methods: " + methods,
         "Access-Control-Allow-Headers: Content-Type, If-Match, If-None-Match",
         "Access-Control-Max-Age: 600"});
    return exchange;
  };
  Exchange product{.method = "GET",
                   .target = "/products/1",
                   .head = {"HTTP/1.1 200 OK", "Content-Type: application/json", "DATE",
                            "Content-Length: 123", "ETAG", "Connection: close"},
                   .body = SampleAnswer()};
  product.head.insert(product.head.end(), cors.begin(), cors.end());
  return {preflight("/products/1", "GET, HEAD, DELETE"), preflight("/products/1/details", "POST"),
          preflight("/health", "GET, HEAD"), product};
}

class AnswerBytes : public ::testing::TestWithParam<ContractServer> {
 protected:
  void Check(const std::vector<Exchange>& exchanges, const std::vector<std::string>& flags = {}) {
    const std::unique_ptr<test::ServerProcess> server = Start(GetParam(), flags);
    for (const Exchange& exchange : exchanges) {
      const ContractCase put{.name = "put",
                             .method = "POST",
                             .target = std::string(kDetailsPath),
                             .body = std::string(kSampleProduct)};
      ASSERT_EQ(Ask(*server, put).status, 204);
      const std::string answer = AskAndReadUntilEnd(
          *server, {.name = exchange.target,
                    .method = exchange.method,
                    .target = exchange.target,
                    .request_headers = exchange.headers + "Connection: close\r\n"});
      EXPECT_TRUE(std::regex_match(answer, std::regex(FormOf(exchange))))
          << exchange.method << " " << exchange.target << "\n"
          << answer;
    }
  }
};

TEST_P(AnswerBytes, AreThoseOfTheContract) { Check(Exchanges()); }

TEST_P(AnswerBytes, TellAScriptOfAnotherOriginWhatItMay) {
  Check(CrossOriginExchanges(), {"--http-cors-allow-origin", "https://shop.example"});
}

INSTANTIATE_TEST_SUITE_P(Section2, AnswerBytes, ::testing::ValuesIn(ProductdServers()), NameOf);

}  // namespace
}  // namespace products::contract
