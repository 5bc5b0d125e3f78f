#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "server/http/message.h"

namespace products {

/// The Date header's value, rendered once a second. One thread.
class HttpDate {
 public:
  /// IMF-fixdate (RFC 9110, 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
  std::string_view Render(WallTime now);

 private:
  std::int64_t second_ = -1;
  std::array<char, 29> text_{};
};

/// What of the request and its connection shapes the response's head.
struct ResponseFrame {
  /// HEAD: the header fields of GET, no body.
  bool head_only = false;
  /// The connection ends after this response; says so.
  bool close = false;
  /// An HTTP/1.0 client that asked for keep-alive must be told that it got it.
  bool confirm_keep_alive = false;
  /// An HTTP/1.0 client knows no chunks: the end of the connection ends a streamed body.
  bool http_1_0 = false;
  /// Access-Control-Allow-Origin; empty without CORS.
  std::string_view cors_allow_origin = {};
  std::string_view date = {};
};

/// Appends status line, header fields and body; of a streamed body nothing.
void AppendResponse(std::string& out, const Response& response, const ResponseFrame& frame);

enum class ChunkCoding { kChunked, kNone };

/// Appends the next piece of a streamed body and, with the last, what ends it. Of a source that
/// failed nothing is appended.
BodySource::Next AppendNextPiece(std::string& out, BodySource& source, ChunkCoding coding);

}  // namespace products
