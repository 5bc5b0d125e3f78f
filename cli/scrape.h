#pragma once

#include <optional>

#include "cli/api_client.h"
#include "cli/metrics_text.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace products::cli {

/// The metrics of one moment.
struct Scrape {
  MetricsText metrics;
  MonotonicTime time;  ///< when they had come
};

/// GET /metrics. kNotFound when there are none at this address, kCorrupt when they are not the text
/// format. Absent when `wake_descriptor` (-1: none) became readable before the answer came.
std::optional<Result<Scrape>> FetchScrape(ApiClient& client, const Clock& clock,
                                          int wake_descriptor);

/// The same in parts, for who sends it in another way.
Request ScrapeRequest();
Result<Scrape> ReadScrapeAnswer(const ApiClient& client, const Request& request,
                                const Answer& answer, MonotonicTime now);

}  // namespace products::cli
