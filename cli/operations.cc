#include "cli/operations.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "cli/text_width.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

constexpr int kOk = 200;
constexpr int kNoContent = 204;

bool IsJson(const Answer& answer) {
  constexpr std::string_view kJson = "application/json";
  const std::string_view type = std::string_view(answer.content_type).substr(0, kJson.size());
  const auto lower = [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  };
  return std::equal(type.begin(), type.end(), kJson.begin(), kJson.end(),
                    [lower](char a, char b) { return lower(a) == b; });
}

Error NotTheContract(const ApiClient& client, const Request& request, std::string_view what) {
  return {ErrorCode::kCorrupt, client.Describe(request) + ": " + std::string(what), {}};
}

ErrorCode CodeOf(int status, const ErrorAnswer& error) {
  switch (status) {
    case 404:
      // Another path than the contract's, such as a wrong one in the endpoint: nothing is known of
      // the product.
      return error.message == "no such path" ? ErrorCode::kCorrupt : ErrorCode::kNotFound;
    case 405:
    case 501:
      return ErrorCode::kCorrupt;
    case 412:
      return ErrorCode::kConflict;
    case 413:
      return ErrorCode::kTooLarge;
    case 429:
    case 503:
      return ErrorCode::kOverloaded;
    default:
      return status >= 500 ? ErrorCode::kInternal : ErrorCode::kInvalidArgument;
  }
}

// The failure that an answer with another status than the expected one stands for.
Error Refusal(const ApiClient& client, const Request& request, const Answer& answer) {
  const std::string status = std::to_string(answer.status);
  const bool is_failure = answer.status >= 400 && answer.status <= 599;
  if (!is_failure) {
    return NotTheContract(client, request, "unexpected status " + status);
  }
  const std::optional<ErrorAnswer> error =
      IsJson(answer) ? ParseErrorAnswer(answer.body) : std::nullopt;
  if (error) {
    return {CodeOf(answer.status, *error),
            client.Describe(request) + ": " + Printable(error->message) + " (" + status + " " +
                Printable(error->code) + ")",
            {}};
  }
  // A 404 of a proxy or of another service must not pass for "no such product".
  const ErrorCode code = answer.status >= 500 || answer.status == 429 ? CodeOf(answer.status, {})
                                                                      : ErrorCode::kCorrupt;
  return {code, client.Describe(request) + ": status " + status + " without a reason", {}};
}

void AppendNumber(std::string& out, ProductId id) {
  std::array<char, 16> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), id);
  out.append(digits.data(), end);
}

Request GetRequest(std::string path) { return {Method::kGet, std::move(path), {}}; }

}  // namespace

Result<Product> GetProduct(ApiClient& client, ProductId id) {
  Request request = GetRequest("/products/");
  AppendNumber(request.path, id);
  const Result<Answer> answer = client.Exchange(request);
  if (!answer.ok()) return answer.error();
  if (answer->status != kOk) return Refusal(client, request, *answer);
  if (answer->content_type.empty()) {
    return NotTheContract(client, request, "the answer has no Content-Type");
  }
  if (!IsJson(*answer)) {
    return NotTheContract(client, request,
                          "the answer is not JSON but \"" + Printable(answer->content_type) + "\"");
  }
  Result<Product> product = ParseProduct(answer->body);
  if (!product.ok()) {
    return NotTheContract(client, request,
                          "the answer is not a product: " + Printable(product.error().message));
  }
  if (product->product_id != id) {
    return NotTheContract(client, request,
                          "the answer is another product, " + std::to_string(product->product_id));
  }
  return product;
}

void SetPutRequest(const Product& product, Request& request) {
  request.method = Method::kPost;
  request.path.assign("/products/");
  AppendNumber(request.path, product.product_id);
  request.path += "/details";
  request.body.clear();
  AppendProduct(request.body, product);
}

Status ReadPutAnswer(const ApiClient& client, const Request& request, const Answer& answer) {
  if (answer.status == kNoContent) return {};
  return Refusal(client, request, answer);
}

Error RefusalOf(const ApiClient& client, const Request& request, const Answer& answer) {
  return Refusal(client, request, answer);
}

Status PutProduct(ApiClient& client, const Product& product) {
  Request request;
  SetPutRequest(product, request);
  const Result<Answer> answer = client.Exchange(request);
  if (!answer.ok()) return answer.error();
  return ReadPutAnswer(client, request, *answer);
}

Result<Health> GetHealth(ApiClient& client) {
  const Request health_request = GetRequest("/health");
  const Result<Answer> answer = client.Exchange(health_request);
  if (!answer.ok()) return answer.error();
  Health health;
  if (answer->status == kOk) {
    const auto status = ParseStatusAnswer(answer->body);
    if (!status) return NotTheContract(client, health_request, "the answer is not a status");
    health.status = *status;
  } else if (answer->status == 503) {
    const auto error = ParseErrorAnswer(answer->body);
    health.status = error ? error->message : "not healthy";
    health.is_ready = false;
  } else if (answer->status == 404) {
    return NotTheContract(client, health_request, "the server does not have it");
  } else {
    return Refusal(client, health_request, *answer);
  }

  const Result<Answer> readiness = client.Exchange(GetRequest("/readyz"));
  if (!readiness.ok()) return readiness.error();
  if (readiness->status == kOk) {
    health.readiness = "ok";
  } else if (readiness->status == 503) {
    const auto error = ParseErrorAnswer(readiness->body);
    health.readiness = error ? error->message : "not ready";
    health.is_ready = false;
  }
  return health;
}

Result<VersionAnswer> GetServerVersion(ApiClient& client) {
  const Request request = GetRequest("/version");
  const Result<Answer> answer = client.Exchange(request);
  if (!answer.ok()) return answer.error();
  if (answer->status == 404) {
    return Error{
        ErrorCode::kNotFound, client.Describe(request) + ": the server has no version", {}};
  }
  if (answer->status != kOk) return Refusal(client, request, *answer);
  const auto version = ParseVersionAnswer(answer->body);
  if (!version) return NotTheContract(client, request, "the answer is not a version");
  return *version;
}

}  // namespace products::cli
