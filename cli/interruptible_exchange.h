#pragma once

#include <optional>

#include "cli/api_client.h"
#include "core/base/result.h"

namespace products::cli {

/// ApiClient::Exchange that is given up, absent then, once `wake_descriptor` (-1: none) is
/// readable.
std::optional<Result<Answer>> ExchangeUnlessWoken(ApiClient& client, const Request& request,
                                                  int wake_descriptor);

}  // namespace products::cli
