#include "tests/contract/contract_case.h"

#include <array>
#include <utility>

namespace products::contract {

std::string ErrorBody(std::string_view code, std::string_view message) {
  std::string body = "{\"error\":\"";
  body.append(code).append("\",\"message\":\"").append(message).append("\"}\n");
  return body;
}

std::string InvalidInput(std::string_view message) { return ErrorBody("INVALID_INPUT", message); }

std::string SampleAnswer() { return std::string(kSampleProduct) + "\n"; }

std::string ProductWith(const std::map<std::string, std::string>& fields) {
  const std::array<std::pair<std::string, std::string>, 6> valid = {{
      {"product_id", "1"},
      {"sku", "\"S\""},
      {"manufacturer", "\"M\""},
      {"category_id", "2"},
      {"weight", "3"},
      {"some_other_id", "4"},
  }};
  std::string body = "{";
  for (const auto& [key, value] : valid) {
    const auto given = fields.find(key);
    const std::string& text = given == fields.end() ? value : given->second;
    if (text.empty()) continue;
    if (body.size() > 1) body += ',';
    body.append("\"").append(key).append("\":").append(text);
  }
  return body + "}";
}

ContractCase Refused(std::string name, std::string body, std::string_view message) {
  return {.name = std::move(name),
          .method = "POST",
          .target = std::string(kDetailsPath),
          .body = std::move(body),
          .status = 400,
          .answer = InvalidInput(message)};
}

ContractCase Accepted(std::string name, std::string body, std::string_view product) {
  return {.name = std::move(name),
          .method = "POST",
          .target = std::string(kDetailsPath),
          .body = std::move(body),
          .status = 204,
          .product_1_afterwards = std::string(product) + "\n"};
}

}  // namespace products::contract
