#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "server/http/body_stream.h"

namespace products {

/// The methods this server knows; any other is answered with 501.
enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kTrace };
inline constexpr std::size_t kMethods = 8;

std::string_view MethodName(Method method);
std::optional<Method> ParseMethod(std::string_view name);

/// One request as a handler sees it. All views are valid until the handler returns.
struct Request {
  Method method = Method::kGet;
  /// Percent-decoded, without the query: "/products/1/details".
  std::string_view path;
  /// What stood for the route's parameter; empty for a route without one.
  std::string_view path_parameter;
  /// Behind the path's "?", not percent-decoded.
  std::string_view query;
  /// Field values; the lines of one name are joined by ", ". A field may be there and empty.
  std::optional<std::string_view> accept;
  std::optional<std::string_view> if_match;
  std::optional<std::string_view> if_none_match;
  std::string_view body;
};

/// What a handler answers. The body is a view (`body`), valid until the handler returns or, for a
/// record of the table, until the worker's read guard ends; or text of its own (`owned_body`); or
/// made while it is sent (`source`).
struct Response {
  int status = 200;
  std::string_view content_type = {};
  std::string_view body = {};
  std::string owned_body = {};
  /// The product's content tag, for ETag. A number, so that no answer allocates for it.
  std::optional<std::uint64_t> content_tag = {};
  std::unique_ptr<BodySource> source = {};
  /// Whole header lines with their CRLF.
  std::string extra_headers = {};
  /// The connection ends after this response.
  bool close = false;
  /// To make it was a turn's work: the other connections come before the next request of this one.
  bool ends_turn = false;

  std::string_view Body() const { return owned_body.empty() ? body : std::string_view(owned_body); }
};

inline constexpr std::string_view kJsonContentType = "application/json";

/// "Not Found"; every status that this server sends has one.
std::string_view ReasonPhrase(int status);

/// Every status that this server sends, ascending.
const std::vector<int>& AnsweredStatuses();

/// An error of the contract: `{"error":"<CODE>","message":"<text>"}` and "\n", and between them
/// `,"details":"<text>"` when there are any.
Response ErrorResponse(int status, std::string_view code, std::string_view message,
                       std::string_view details = {});

/// The one mapping of our error codes to status and wire name. Only `message` goes out, never
/// `detail`.
Response ErrorResponse(const Error& error, std::string_view details = {});

}  // namespace products
