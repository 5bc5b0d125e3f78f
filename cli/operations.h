#pragma once

#include <optional>
#include <string>

#include "cli/answer_json.h"
#include "cli/api_client.h"
#include "core/base/result.h"
#include "core/product/product.h"

namespace products::cli {

/// The operations of the contract, each a request and how its answer reads. An answer is believed
/// only when status, content type and body are what the contract says; a failure's message begins
/// with method and URL and carries the server's own words, made printable.
///
/// How a refusal maps: 400 kInvalidArgument; 404 with the contract's error body kNotFound, unless
/// it is the path that the server does not have; 412 kConflict; 413 kTooLarge; 429 and 503
/// kOverloaded; other 5xx but 501 kInternal; anything that is not the contract kCorrupt. Transport
/// failures pass through as ApiClient gives them.

Result<Product> GetProduct(ApiClient& client, ProductId id);

/// Creates or replaces.
Status PutProduct(ApiClient& client, const Product& product);

/// The parts of PutProduct, for callers that keep many in flight: fills `request`, reusing its
/// strings, and reads the answer to a request so filled.
void SetPutRequest(const Product& product, Request& request);
Status ReadPutAnswer(const ApiClient& client, const Request& request, const Answer& answer);

/// The failure that an answer stands for whose status is not the one that means success.
Error RefusalOf(const ApiClient& client, const Request& request, const Answer& answer);

struct Health {
  std::string status;  ///< "ok"
  /// "ok", or why the server should get no traffic now; absent when it does not have /readyz.
  std::optional<std::string> readiness;
  bool is_ready = true;
};

/// An answer that the server is not healthy is a Health, not an Error, with what it says as its
/// status and `is_ready` false.
Result<Health> GetHealth(ApiClient& client);

/// kNotFound when the server does not have /version, as those that speak section 1 alone.
Result<VersionAnswer> GetServerVersion(ApiClient& client);

}  // namespace products::cli
