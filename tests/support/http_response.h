#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace products::test {

/// One answer, as strict as a parser can be: what is not exactly HTTP/1.1 is not one.
struct HttpResponse {
  int status = 0;
  std::string reason;
  /// In order, names as sent.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The one value of that name, whatever its case; absent when there is none or more than one.
  std::optional<std::string> Header(std::string_view name) const;
  bool HasHeader(std::string_view name) const;
};

enum class BodyRule { kByContentLength, kNone };

/// The response that `bytes` begin with, and how many bytes it takes; absent while it is
/// incomplete. A chunked body is put together. Throws std::runtime_error on bytes that no response
/// begins with. A 1xx, 204 or 304 has no body, nor has the answer to HEAD (kNone).
std::optional<std::pair<HttpResponse, std::size_t>> ParseHttpResponse(std::string_view bytes,
                                                                      BodyRule rule);

}  // namespace products::test
