#include "tests/load/catalogue.h"

#include <charconv>

namespace products::load {

std::string ProductText(int id, int version) {
  const std::string number = std::to_string(id);
  return "{\"product_id\":" + number + ",\"sku\":\"SKU-" + number +
         "\",\"manufacturer\":\"Acme Corporation\",\"category_id\":" + number +
         ",\"weight\":" + std::to_string(version) + ",\"some_other_id\":7}";
}

std::string GetRequest(int id) {
  return "GET /products/" + std::to_string(id) + " HTTP/1.1\r\nHost: catalogue\r\n\r\n";
}

std::string PutRequest(int id, int version) {
  const std::string body = ProductText(id, version);
  return "POST /products/" + std::to_string(id) +
         "/details HTTP/1.1\r\nHost: catalogue\r\nContent-Type: application/json\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string ProductAnswer(int id, int version) { return ProductText(id, version) + "\n"; }

std::string AbsentAnswer(int id) {
  return "{\"error\":\"NOT_FOUND\",\"message\":\"product with ID " + std::to_string(id) +
         " not found\"}\n";
}

std::optional<int> VersionIn(std::string_view answer, int id) {
  constexpr std::string_view kWeight = "\"weight\":";
  const std::size_t place = answer.find(kWeight);
  if (place == std::string_view::npos) return std::nullopt;
  int version = 0;
  const char* const first = answer.data() + place + kWeight.size();
  std::from_chars(first, answer.data() + answer.size(), version);
  if (answer != ProductAnswer(id, version)) return std::nullopt;
  return version;
}

}  // namespace products::load
