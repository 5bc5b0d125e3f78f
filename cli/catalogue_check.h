#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/api_client.h"
#include "cli/body_stream.h"
#include "core/base/result.h"
#include "core/product/product.h"

namespace products::cli {

struct CheckOutcome {
  std::uint64_t missing = 0;
  std::uint64_t different = 0;
  std::vector<std::string> first_reasons;  ///< "product 7: is missing"
};

/// Reads back `count` products of the sample catalogue `seed` from `first_id` on and compares each
/// with what it should be: by NDJSON stream where the server has it, else by a GET for each,
/// several at a time. Constant memory. Fails as those do; kUnavailable when `watch` ended it.
Result<CheckOutcome> CheckCatalogue(ApiClient& client, std::uint32_t seed, ProductId first_id,
                                    std::uint64_t count, StreamWatch& watch);

}  // namespace products::cli
