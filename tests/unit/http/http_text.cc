#include "tests/unit/http/http_text.h"

namespace products::test {

std::string GetText(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

std::string PostText(std::string_view target) {
  const std::string body =
      R"({"sku":"s","manufacturer":"m","category_id":1,"weight":0,"some_other_id":1})";
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

std::vector<std::string> StatusesIn(std::string_view responses) {
  std::vector<std::string> statuses;
  const std::string_view begin = "HTTP/1.1 ";
  for (std::size_t at = responses.find(begin); at != std::string_view::npos;) {
    const std::size_t next = responses.find(begin, at + 1);
    const std::string_view response = responses.substr(at, next - at);
    const bool closes = response.find("\r\nConnection: close\r\n") != std::string_view::npos;
    statuses.push_back(std::string(response.substr(begin.size(), 3)) + (closes ? " close" : ""));
    at = next;
  }
  return statuses;
}

}  // namespace products::test
