#include "server/http/message.h"

#include <array>
#include <utility>

#include "core/base/json_text.h"

namespace products {
namespace {

constexpr std::array<std::string_view, kMethods> kMethodNames = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"};

constexpr std::array<std::pair<int, std::string_view>, 19> kReasonPhrases = {{
    {100, "Continue"},
    {200, "OK"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {417, "Expectation Failed"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

}  // namespace

std::string_view MethodName(Method method) {
  return kMethodNames[static_cast<std::size_t>(method)];
}

std::optional<Method> ParseMethod(std::string_view name) {
  for (std::size_t i = 0; i < kMethods; ++i) {
    if (kMethodNames[i] == name) return static_cast<Method>(i);
  }
  return std::nullopt;
}

std::string_view ReasonPhrase(int status) {
  for (const auto& [known, phrase] : kReasonPhrases) {
    if (known == status) return phrase;
  }
  return "Unknown";
}

const std::vector<int>& AnsweredStatuses() {
  static const std::vector<int> statuses = [] {
    std::vector<int> all;
    for (const auto& [status, phrase] : kReasonPhrases) {
      if (status >= 200) all.push_back(status);
    }
    return all;
  }();
  return statuses;
}

Response ErrorResponse(int status, std::string_view code, std::string_view message,
                       std::string_view details) {
  Response response;
  response.status = status;
  response.content_type = kJsonContentType;
  response.owned_body = "{\"error\":";
  AppendJsonString(response.owned_body, code);
  response.owned_body += ",\"message\":";
  AppendJsonString(response.owned_body, message);
  if (!details.empty()) {
    response.owned_body += ",\"details\":";
    AppendJsonString(response.owned_body, details);
  }
  response.owned_body += "}\n";
  return response;
}

Response ErrorResponse(const Error& error, std::string_view details) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return ErrorResponse(400, "INVALID_INPUT", error.message, details);
    case ErrorCode::kNotFound:
      return ErrorResponse(404, "NOT_FOUND", error.message, details);
    case ErrorCode::kConflict:
      return ErrorResponse(412, "PRECONDITION_FAILED", error.message, details);
    case ErrorCode::kTooLarge:
      return ErrorResponse(413, "PAYLOAD_TOO_LARGE", error.message, details);
    case ErrorCode::kOverloaded: {
      Response response = ErrorResponse(503, "OVERLOADED", error.message, details);
      response.extra_headers = "Retry-After: 1\r\n";
      return response;
    }
    case ErrorCode::kUnavailable:
      return ErrorResponse(503, "UNAVAILABLE", error.message, details);
    case ErrorCode::kTimeout:
      return ErrorResponse(504, "TIMEOUT", error.message, details);
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      break;
  }
  return ErrorResponse(500, "INTERNAL", "internal error", details);
}

}  // namespace products
