#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
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

/// Reads, and changes without a condition, are repeated as the client has it; so a change may be
/// made twice, which for a whole product is the same as once. A change with a condition is not: a
/// second attempt would fail on what the first one did.

Result<Product> GetProduct(ApiClient& client, ProductId id);

struct TaggedProduct {
  Product product;
  std::string etag;  ///< empty when the server sends none
};

/// Gets many, a few at a time; `on_product` hears of each as it comes, in any order, with its index
/// in `ids`. A failure of the connection or of the server's ends it early: what is then in flight
/// is not heard of. So does something to read at `wake_descriptor` (-1: none).
using OnProduct = std::function<void(std::size_t index, Result<TaggedProduct> product)>;
void GetProducts(ApiClient& client, std::span<const ProductId> ids, const OnProduct& on_product,
                 int wake_descriptor);

/// Under which a change is made: the ETag the product must have, or that there must be none.
struct PutCondition {
  std::string if_match = {};
  bool create_only = false;
};

/// Creates or replaces; the ETag of what was stored, empty when the server sends none.
Result<std::string> PutProduct(ApiClient& client, const Product& product,
                               const PutCondition& condition);

/// The parts of PutProduct, for callers that keep many in flight: fills `request`, reusing its
/// strings, and reads the answer to a request so filled.
void SetPutRequest(const Product& product, Request& request);
Status ReadPutAnswer(const ApiClient& client, const Request& request, const Answer& answer);

/// The failure that an answer with another status than the expected one stands for.
Error Refusal(const ApiClient& client, const Request& request, const Answer& answer);

/// Deletes one, if it has the ETag `if_match` unless that is empty; kNotFound when it is not there.
/// After an attempt whose outcome is unknown, "not there" is what was wanted.
Status DeleteProduct(ApiClient& client, ProductId id, const std::string& if_match);

/// Deletes many, a few at a time, as DeleteProduct without a condition. `on_status` hears of each
/// in any order, with its index in `ids`. `go_on` is asked after each round; false, or something to
/// read at `wake_descriptor` (-1: none), ends it, and what is then in flight is not heard of.
struct DeleteCallbacks {
  std::function<void(std::size_t index, Status status)> on_status;
  std::function<bool(MonotonicTime now)> go_on;
};
void DeleteProducts(ApiClient& client, std::span<const ProductId> ids,
                    const DeleteCallbacks& callbacks, int wake_descriptor);

/// At most `limit` products behind `after`. kCorrupt when the server has no list, or the page is
/// not what was asked for: too long, not ascending, or with a cursor that leads nowhere.
/// kUnavailable when `wake_descriptor` (-1: none) became readable before the answer came.
Result<CatalogPage> ListProducts(ApiClient& client, ProductId after, int limit,
                                 int wake_descriptor);

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
