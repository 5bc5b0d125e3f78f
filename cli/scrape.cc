#include "cli/scrape.h"

#include "cli/interruptible_exchange.h"
#include "cli/operations.h"
#include "cli/text_width.h"

namespace products::cli {

Request ScrapeRequest() { return {Method::kGet, "/metrics", {}}; }

Result<Scrape> ReadScrapeAnswer(const ApiClient& client, const Request& request,
                                const Answer& answer, MonotonicTime now) {
  if (answer.status == 404) {
    return Error{
        ErrorCode::kNotFound, client.Describe(request) + ": no metrics at this address", {}};
  }
  if (answer.status != 200) return Refusal(client, request, answer);
  if (!answer.content_type.starts_with("text/plain")) {
    return Error{ErrorCode::kCorrupt,
                 client.Describe(request) + ": the answer is no metrics but \"" +
                     Printable(answer.content_type) + "\"",
                 {}};
  }
  Result<MetricsText> metrics = MetricsText::Parse(answer.body);
  if (!metrics.ok()) {
    return Error{metrics.error().code,
                 client.Describe(request) +
                     ": the answer is not the Prometheus text format: " + metrics.error().message,
                 {}};
  }
  return Scrape{std::move(*metrics), now};
}

std::optional<Result<Scrape>> FetchScrape(ApiClient& client, const Clock& clock,
                                          int wake_descriptor) {
  const Request request = ScrapeRequest();
  const std::optional<Result<Answer>> answer =
      ExchangeUnlessWoken(client, request, wake_descriptor);
  if (!answer) return std::nullopt;
  if (!answer->ok()) return Result<Scrape>(answer->error());
  return ReadScrapeAnswer(client, request, **answer, clock.Now());
}

}  // namespace products::cli
