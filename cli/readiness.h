#pragma once

#include <optional>
#include <string>

#include "cli/api_client.h"
#include "core/base/result.h"

namespace products::cli {

struct Readiness {
  bool is_ready = false;
  std::string reason;  ///< "ok", or why the server should get no traffic now
};

/// GET /readyz. Absent when the server does not have it.
Result<std::optional<Readiness>> GetReadiness(ApiClient& client);

/// The same in parts, for who sends it in another way.
Request ReadinessRequest();
Result<std::optional<Readiness>> ReadReadinessAnswer(const ApiClient& client,
                                                     const Request& request, const Answer& answer);

}  // namespace products::cli
