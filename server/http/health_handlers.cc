#include "server/http/health_handlers.h"

#include "core/base/json_text.h"
#include "core/base/version.h"
#include "server/http/openapi_document.h"

namespace products {
namespace {

Answer AnswerOk(Response& response) {
  response.content_type = kJsonContentType;
  response.body = "{\"status\":\"ok\"}\n";
  return Answer::kNow;
}

}  // namespace

Answer GetHealth(const Request&, HandlerContext&, Response& response) { return AnswerOk(response); }

Answer GetLiveness(const Request&, HandlerContext&, Response& response) {
  return AnswerOk(response);
}

Answer GetReadiness(const Request&, HandlerContext& context, Response& response) {
  const Status ready = context.services.catalog.CheckReady();
  if (ready.ok()) return AnswerOk(response);
  response = ErrorResponse(ready.error());
  return Answer::kNow;
}

Answer GetVersion(const Request&, HandlerContext&, Response& response) {
  response.content_type = kJsonContentType;
  response.owned_body = "{\"version\":";
  AppendJsonString(response.owned_body, Version());
  response.owned_body += ",\"commit\":";
  AppendJsonString(response.owned_body, Commit());
  response.owned_body += "}\n";
  return Answer::kNow;
}

Answer GetOpenApi(const Request&, HandlerContext&, Response& response) {
  response.content_type = kJsonContentType;
  response.body = OpenApiDocument();
  return Answer::kNow;
}

}  // namespace products
