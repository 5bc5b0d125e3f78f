#include "cli/operations.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "cli/interruptible_exchange.h"
#include "cli/request_series.h"
#include "cli/text_width.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

constexpr int kOk = 200;
constexpr int kNoContent = 204;
// Requests in flight of one command: enough to hide the way to the server and back, and few enough
// to leave it to others.
constexpr std::size_t kConcurrency = 8;

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

std::string TriesText(const Answer& answer) {
  if (answer.attempts == 1) return {};
  return "; tried " + std::to_string(answer.attempts) + " times";
}

}  // namespace

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
                Printable(error->code) + ")" + TriesText(answer),
            {}};
  }
  // A 404 of a proxy or of another service must not pass for "no such product".
  const ErrorCode code = answer.status >= 500 || answer.status == 429 ? CodeOf(answer.status, {})
                                                                      : ErrorCode::kCorrupt;
  return {code,
          client.Describe(request) + ": status " + status + " without a reason" + TriesText(answer),
          {}};
}

namespace {

void AppendNumber(std::string& out, ProductId id) {
  std::array<char, 16> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), id);
  out.append(digits.data(), end);
}

// Of one product, without a body.
void SetProductRequest(Method method, ProductId id, Request& request) {
  request.method = method;
  request.path.assign("/products/");
  AppendNumber(request.path, id);
  request.is_repeatable = true;
}

// What keeps the answer from being JSON of status 200.
Status CheckJsonAnswer(const ApiClient& client, const Request& request, const Answer& answer) {
  if (answer.status != kOk) return Refusal(client, request, answer);
  if (answer.content_type.empty()) {
    return NotTheContract(client, request, "the answer has no Content-Type");
  }
  if (!IsJson(answer)) {
    return NotTheContract(client, request,
                          "the answer is not JSON but \"" + Printable(answer.content_type) + "\"");
  }
  return {};
}

Result<TaggedProduct> ReadProductAnswer(const ApiClient& client, const Request& request,
                                        const Answer& answer, ProductId id) {
  const Status status = CheckJsonAnswer(client, request, answer);
  if (!status.ok()) return status.error();
  Result<Product> product = ParseProduct(answer.body);
  if (!product.ok()) {
    return NotTheContract(client, request,
                          "the answer is not a product: " + Printable(product.error().message));
  }
  if (product->product_id != id) {
    return NotTheContract(client, request,
                          "the answer is another product, " + std::to_string(product->product_id));
  }
  return TaggedProduct{std::move(*product), answer.etag};
}

Status ReadDeleteAnswer(const ApiClient& client, const Request& request, const Answer& answer) {
  if (answer.status == kNoContent) return {};
  Error refusal = Refusal(client, request, answer);
  if (refusal.code == ErrorCode::kNotFound && answer.follows_unknown_outcome) return {};
  return refusal;
}

Request GetRequest(std::string path) { return {Method::kGet, std::move(path), {}}; }

}  // namespace

Result<Product> GetProduct(ApiClient& client, ProductId id) {
  Request request;
  SetProductRequest(Method::kGet, id, request);
  const Result<Answer> answer = client.Exchange(request);
  if (!answer.ok()) return answer.error();
  Result<TaggedProduct> tagged = ReadProductAnswer(client, request, *answer, id);
  if (!tagged.ok()) return tagged.error();
  return std::move(tagged->product);
}

void GetProducts(ApiClient& client, std::span<const ProductId> ids, const OnProduct& on_product,
                 int wake_descriptor) {
  if (ids.size() == 1 && wake_descriptor < 0) {
    // Without what many at a time cost to set up.
    Request request;
    SetProductRequest(Method::kGet, ids[0], request);
    const Result<Answer> answer = client.Exchange(request);
    on_product(0, answer.ok() ? ReadProductAnswer(client, request, *answer, ids[0])
                              : Result<TaggedProduct>(answer.error()));
    return;
  }
  bool server_failed = false;
  const std::size_t slots = std::min(ids.size(), kConcurrency);
  RequestSeries series(
      ids.size(), slots,
      {.fill = [&](std::size_t index,
                   Request& request) { SetProductRequest(Method::kGet, ids[index], request); },
       .answered =
           [&](std::size_t index, const Request& request, const Answer& answer) {
             Result<TaggedProduct> product = ReadProductAnswer(client, request, answer, ids[index]);
             server_failed =
                 server_failed || (!product.ok() && product.error().code != ErrorCode::kNotFound);
             on_product(index, std::move(product));
           },
       .failed =
           [&](std::size_t index, const Error& error) {
             server_failed = true;
             on_product(index, error);
           },
       .go_on = [&](MonotonicTime) { return !server_failed; }});
  client.ExchangeMany(series, slots, wake_descriptor);
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

Result<std::string> PutProduct(ApiClient& client, const Product& product,
                               const PutCondition& condition) {
  Request request;
  SetPutRequest(product, request);
  request.if_match = condition.if_match;
  if (condition.create_only) request.if_none_match = "*";
  request.is_repeatable = condition.if_match.empty() && !condition.create_only;
  const Result<Answer> answer = client.Exchange(request);
  if (!answer.ok()) return answer.error();
  Status status = ReadPutAnswer(client, request, *answer);
  if (status.ok()) return answer->etag;
  Error error = status.error();
  if (condition.create_only && error.code == ErrorCode::kConflict) {
    // The server speaks of an ETag, which nobody gave.
    error.message = client.Describe(request) + ": the product is there already (412)";
  }
  return error;
}

Status DeleteProduct(ApiClient& client, ProductId id, const std::string& if_match) {
  Request request;
  SetProductRequest(Method::kDelete, id, request);
  request.if_match = if_match;
  request.is_repeatable = if_match.empty();
  const Result<Answer> answer = client.Exchange(request);
  if (!answer.ok()) return answer.error();
  return ReadDeleteAnswer(client, request, *answer);
}

void DeleteProducts(ApiClient& client, std::span<const ProductId> ids,
                    const DeleteCallbacks& callbacks, int wake_descriptor) {
  const std::size_t slots = std::min(ids.size(), kConcurrency);
  RequestSeries series(
      ids.size(), slots,
      {.fill = [&](std::size_t index,
                   Request& request) { SetProductRequest(Method::kDelete, ids[index], request); },
       .answered =
           [&](std::size_t index, const Request& request, const Answer& answer) {
             callbacks.on_status(index, ReadDeleteAnswer(client, request, answer));
           },
       .failed = callbacks.on_status,
       .go_on = callbacks.go_on});
  client.ExchangeMany(series, slots, wake_descriptor);
}

Result<CatalogPage> ListProducts(ApiClient& client, ProductId after, int limit,
                                 int wake_descriptor) {
  Request request = GetRequest("/products?limit=" + std::to_string(limit));
  if (after > 0) request.path += "&after=" + std::to_string(after);
  request.is_repeatable = true;
  const std::optional<Result<Answer>> outcome =
      ExchangeUnlessWoken(client, request, wake_descriptor);
  if (!outcome) return Error{ErrorCode::kUnavailable, "interrupted", {}};
  const Result<Answer>& answer = *outcome;
  if (!answer.ok()) return answer.error();
  if (answer->status == 404 || answer->status == 405 || answer->status == 501) {
    return NotTheContract(client, request, "the server has no list of products");
  }
  const Status status = CheckJsonAnswer(client, request, *answer);
  if (!status.ok()) return status.error();
  Result<CatalogPage> page = ParseCatalogPage(answer->body);
  if (!page.ok()) {
    return NotTheContract(client, request,
                          "the answer is not a page: " + Printable(page.error().message));
  }
  if (page->products.size() > static_cast<std::size_t>(limit)) {
    return NotTheContract(client, request, "the page is longer than asked for");
  }
  ProductId last = after;
  for (const Product& product : page->products) {
    if (product.product_id <= last) {
      return NotTheContract(client, request,
                            "the page is not in ascending order: product " +
                                std::to_string(product.product_id) + " follows " +
                                std::to_string(last));
    }
    last = product.product_id;
  }
  // A cursor that does not move would be followed for ever.
  if (page->next_after && (page->products.empty() || *page->next_after != last)) {
    return NotTheContract(client, request,
                          "the page ends with product " + std::to_string(last) +
                              ", and its cursor says " + std::to_string(*page->next_after));
  }
  return page;
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
