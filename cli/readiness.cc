#include "cli/readiness.h"

#include "cli/answer_json.h"
#include "cli/operations.h"

namespace products::cli {

Request ReadinessRequest() { return {Method::kGet, "/readyz", {}}; }

Result<std::optional<Readiness>> ReadReadinessAnswer(const ApiClient& client,
                                                     const Request& request, const Answer& answer) {
  switch (answer.status) {
    case 200:
      return std::optional<Readiness>({true, "ok"});
    case 404:
      return std::optional<Readiness>();
    case 503: {
      const auto error = ParseErrorAnswer(answer.body);
      return std::optional<Readiness>({false, error ? error->message : "not ready"});
    }
    default:
      return Refusal(client, request, answer);
  }
}

Result<std::optional<Readiness>> GetReadiness(ApiClient& client) {
  const Request request = ReadinessRequest();
  const Result<Answer> answer = client.Exchange(request);
  if (!answer.ok()) return answer.error();
  return ReadReadinessAnswer(client, request, *answer);
}

}  // namespace products::cli
