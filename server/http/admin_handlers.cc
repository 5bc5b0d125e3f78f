#include "server/http/admin_handlers.h"

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "core/base/json_text.h"

namespace products {
namespace {

Response RenderBackup(const FinishedBackup& backup) {
  Response response;
  response.content_type = kJsonContentType;
  std::string& body = response.owned_body;
  body = "{\"file\":";
  AppendJsonString(body, backup.file);
  body += ",\"products\":" + std::to_string(backup.report.products);
  body += ",\"bytes\":" + std::to_string(backup.report.file_bytes);
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%.3f",
                std::chrono::duration<double>(backup.duration).count());
  body += std::string(",\"seconds\":") + seconds.data() + "}\n";
  return response;
}

}  // namespace

Answer PostBackup(const Request&, HandlerContext& context, Response& response) {
  // shared_ptr, because a std::function must be copyable and a Completion is not.
  auto completion = std::make_shared<Completion>(context.MakeCompletion());
  const Status started =
      context.services.backups.Start([completion](const Result<FinishedBackup>& outcome) {
        completion->Answer(outcome.ok() ? RenderBackup(*outcome) : ErrorResponse(outcome.error()));
      });
  if (started.ok()) return Answer::kLater;
  completion->Dismiss();
  response = ErrorResponse(started.error());
  return Answer::kNow;
}

}  // namespace products
