#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cli/api_client.h"
#include "cli/body_stream.h"
#include "core/base/result.h"
#include "core/product/product.h"

namespace products::cli {

/// Who gets what a server holds, in whole lines: a product's JSON each, ids ascending.
class ListingSink {
 public:
  virtual ~ListingSink() = default;
  /// `count` > 0 lines, each with its "\n", exactly as the server sent them. False ends the
  /// listing.
  virtual bool TakeLines(std::string_view lines, std::size_t count) = 0;
};

enum class ListingEnd {
  kWhole,
  kEndedBySink,
  kNotOffered,  ///< the server does not have what was asked for; `sink` got nothing
};

/// Everything behind `after`, as one NDJSON stream in constant memory. A line that is no product,
/// ids that do not ascend and a last line without end are kCorrupt: then the answer is not whole or
/// not a list.
Result<ListingEnd> StreamProducts(ApiClient& client, ProductId after, ListingSink& sink,
                                  StreamWatch& watch);

/// As a stream where the server has it, else page by page (each read and rendered again, so that
/// what is no part of a product is not passed on). kCorrupt when it has neither.
Result<ListingEnd> ListAllProducts(ApiClient& client, ProductId after, ListingSink& sink,
                                   StreamWatch& watch);

}  // namespace products::cli
