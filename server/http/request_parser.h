#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "server/http/body_stream.h"
#include "server/http/message.h"
#include "server/metrics/metric_names.h"

namespace products {

struct ParserLimits {
  std::size_t max_header_bytes;
  std::size_t max_target_bytes;
};

/// A request's head, once its header section is complete. Views are valid until the bytes given to
/// Feed move; after KeepHead until the next request begins.
struct RequestHead {
  Method method = Method::kGet;
  /// Origin-form, before the query, not yet percent-decoded: "/products/1". "*" for OPTIONS.
  std::string_view raw_path;
  /// Behind the first "?", not percent-decoded.
  std::string_view query;
  /// Field values; the lines of one name are joined by ", " (RFC 9110, 5.3).
  std::optional<std::string_view> accept;
  std::optional<std::string_view> if_match;
  std::optional<std::string_view> if_none_match;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool expects_continue = false;
  bool chunked = false;
  /// 0 without a body; not meaningful when chunked.
  std::uint64_t content_length = 0;
};

/// Why bytes are not a request this server takes: what to answer before the connection ends.
struct ParseFailure {
  int status = 400;
  std::string_view code;
  std::string_view message;
  /// Absent when nothing is wrong with the bytes but their number or their time.
  std::optional<ParseErrorReason> reason = std::nullopt;
};

/// Parses the requests of one connection, one after another, from bytes as they come (RFC 9112).
/// Beast's parser does the grammar; what it lets through and we refuse is in the .cc. One thread.
class RequestParser {
 public:
  enum class Event {
    kNeedMore,  ///< All is consumed but a remainder that must be given again with more behind it.
    kHeader,    ///< head() is set; Feed again for the body, with bytes from `consumed` on.
    kBody,      ///< body() is the next piece of a streamed body; Feed again, even with nothing.
    kComplete,  ///< body() is set unless it was streamed; the next Feed begins a new request.
    kFailure,   ///< failure() is set; nothing can be read from this connection any more.
  };
  struct Step {
    Event event;
    std::size_t consumed;
  };

  RequestParser();
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  Step Feed(std::string_view bytes, const ParserLimits& limits);

  /// After kHeader: a body that proves longer is a failure (413).
  void set_max_body_bytes(std::size_t bytes);
  /// After kHeader: this body is handed out in pieces of at most kMaxBodyPiece bytes, without
  /// limit.
  void StreamBody();

  /// Whether the header section of a request is complete and its body is not.
  bool in_body() const;

  const RequestHead& head() const;
  /// Copies what head() points to: the bytes given to Feed are about to move. Once a request is
  /// enough.
  void KeepHead();
  /// After kBody and kComplete, until the next Feed; may point into the bytes given to Feed.
  std::string_view body() const;
  const ParseFailure& failure() const;

 private:
  class State;
  const std::unique_ptr<State> state_;
};

}  // namespace products
