#pragma once

#include <optional>

#include "cli/api_client.h"
#include "core/base/result.h"

namespace products::cli {

/// ApiClient::Exchange that is given up, absent then, once `wake_descriptor` (-1: none) is
/// readable.
std::optional<Result<Answer>> ExchangeUnlessWoken(ApiClient& client, const Request& request,
                                                  int wake_descriptor);

/// Whether `descriptor` became readable within `duration`; returns at once then.
bool IsWokenWithin(int descriptor, MonotonicTime::duration duration);

}  // namespace products::cli
