#include "server/http/connection.h"

#include <utility>

#include "server/http/url_text.h"

namespace products {
namespace {

// A path's memory above this is given back after its request; a vector's above so many entries.
constexpr std::size_t kKeptPathBytes = 256;
constexpr std::size_t kKeptAnsweredRequests = 64;

}  // namespace

Connection::Connection(int descriptor, std::uint64_t number, ConnectionContext& context,
                       MonotonicTime now)
    : context_(context), descriptor_(descriptor), number_(number), last_active_(now) {
  context_.metrics.ConnectionOpened();
}

Connection::~Connection() {
  for (; open_requests_ > 0; --open_requests_) context_.metrics.RequestFinished();
  context_.metrics.ConnectionEnded(outcome_);
}

void Connection::StartRequest() {
  ++open_requests_;
  context_.metrics.RequestStarted();
}

void Connection::OnBytes(std::string_view bytes, MonotonicTime now, std::string& out) {
  if (receiver_ != nullptr) body_awaited_ = now;
  if (in_.empty()) {
    in_ = bytes.substr(Parse(bytes, now, out));
  } else {
    in_ += bytes;
    in_.erase(0, Parse(in_, now, out));
  }
  if (in_.empty() && in_.capacity() > kKeptPathBytes) in_ = std::string();
}

// How long the client of a streamed body had to wait is not its fault.
void Connection::StopWaiting(MonotonicTime now) {
  waits_for_ = WaitsFor::kNothing;
  if (receiver_ != nullptr) body_awaited_ = now;
}

// Parses what waits.
void Connection::GoOn(MonotonicTime now, std::string& out) {
  in_.erase(0, Parse(in_, now, out));
  if (in_.empty() && in_.capacity() > kKeptPathBytes) in_ = std::string();
  if (end_of_stream_) OnEndOfStream(now, out);
}

void Connection::OnRoom(MonotonicTime now, std::string& out) {
  if (waits_for_ == WaitsFor::kRoom) StopWaiting(now);
  GoOn(now, out);
}

void Connection::OnTurn(MonotonicTime now, std::string& out) {
  if (waits_for_ != WaitsFor::kTurn) return;
  StopWaiting(now);
  if (streamed_ != nullptr) SendPiece(!in_.empty(), now, out);
  GoOn(now, out);
}

void Connection::OnAnswer(std::uint64_t request, Response response, MonotonicTime now,
                          std::string& out) {
  if (waits_for_ != WaitsFor::kAnswer || request != request_number_) return;
  waits_for_ = WaitsFor::kNothing;
  Respond(response, !in_.empty(), now, out);
  GoOn(now, out);
}

void Connection::OnResume(std::uint64_t request, MonotonicTime now, std::string& out) {
  if (receiver_ == nullptr || request != request_number_) return;
  if (waits_for_ == WaitsFor::kResume) StopWaiting(now);
  Response response;
  Follow(receiver_->OnResume(response), response, !in_.empty(), now, out);
  GoOn(now, out);
}

void Connection::OnEndOfStream(MonotonicTime, std::string&) {
  end_of_stream_ = true;
  if (waits_for_ != WaitsFor::kNothing) return;
  if (!finished_) outcome_ = ConnectionOutcome::kClosedByClient;
  finished_ = true;
  receiver_ = nullptr;
}

std::size_t Connection::Parse(std::string_view bytes, MonotonicTime now, std::string& out) {
  const ParserLimits limits{context_.limits.max_header_bytes, context_.limits.max_target_bytes};
  std::size_t used = 0;
  // A streamed body may be complete without another byte.
  while (WantsBytes() && (used < bytes.size() || receiver_ != nullptr)) {
    if (out.size() >= context_.limits.max_unsent_bytes) {
      waits_for_ = WaitsFor::kRoom;
      break;
    }
    if (!request_begun_) {
      request_begun_ = true;
      request_began_ = now;
    }
    RequestParser::Step step = parser_.Feed(bytes.substr(used), limits);
    used += step.consumed;
    if (step.event == RequestParser::Event::kHeader) {
      BeginRequest(used < bytes.size(), now, out);
      if (finished_) break;
      step = parser_.Feed(bytes.substr(used), limits);
      used += step.consumed;
    }
    if (step.event == RequestParser::Event::kFailure) {
      Refuse(parser_.failure(), now, out);
      break;
    }
    if (step.event == RequestParser::Event::kNeedMore) {
      if (receiver_ != nullptr) break;
      if (parser_.in_body()) {
        KeepHead();
      } else if (used == bytes.size()) {
        request_begun_ = false;  // only empty lines so far
      }
      break;
    }
    const bool more_bytes = used < bytes.size();
    if (receiver_ == nullptr) {
      Dispatch(more_bytes, now, out);
      continue;
    }
    Response response;
    const BodyReceiver::Next next = step.event == RequestParser::Event::kBody
                                        ? receiver_->OnBody(parser_.body(), response)
                                        : receiver_->OnEnd(response);
    Follow(next, response, more_bytes, now, out);
  }
  return finished_ ? bytes.size() : used;
}

void Connection::BeginRequest(bool more_bytes, MonotonicTime now, std::string& out) {
  const RequestHead& head = parser_.head();
  StartRequest();
  body_awaited_ = now;
  ++request_number_;
  path_ = head.raw_path;
  bad_path_ = false;
  if (path_.find('%') != std::string_view::npos) {
    bad_path_ = !PercentDecode(path_, path_text_);
    path_ = path_text_;
  }
  FindRoute();
  const bool has_body = head.chunked || head.content_length > 0;
  if (IsForbidden() && has_body) {
    // Nobody wants the body, so it is not read: the client that still sends it is let finish
    // (MustLinger), which is what `true` for more bytes says.
    Response response = Forbid();
    response.close = true;
    Respond(response, true, now, out);
    return;
  }
  if (match_.route != nullptr && match_.route->stream_handler != nullptr && !bad_path_ &&
      !IsForbidden()) {
    BeginStream(more_bytes, now, out);
    if (finished_) return;
  } else {
    const std::size_t max_body_bytes = context_.limits.max_body_bytes;
    parser_.set_max_body_bytes(max_body_bytes);
    if (head.content_length > max_body_bytes) {
      Refuse({413, "PAYLOAD_TOO_LARGE", "the body is too large"}, now, out);
      return;
    }
  }
  // RFC 9110, 10.1.1: not when there is none, or it is already on its way.
  if (head.expects_continue && has_body && !more_bytes) {
    out += "HTTP/1.1 100 Continue\r\n\r\n";
  }
}

void Connection::BeginStream(bool more_bytes, MonotonicTime now, std::string& out) {
  Response response;
  if (const Status loaded = CheckNeeds(); !loaded.ok()) {
    response = RefuseUnloaded(loaded.error());
  } else {
    HandlerContext handler_context = ContextAtHand();
    receiver_ = match_.route->stream_handler(RequestAtHand(), handler_context, response);
  }
  if (receiver_ != nullptr) {
    parser_.StreamBody();
    return;
  }
  response.close = true;
  Respond(response, more_bytes, now, out);
}

void Connection::Follow(BodyReceiver::Next next, Response& response, bool more_bytes,
                        MonotonicTime now, std::string& out) {
  switch (next) {
    case BodyReceiver::Next::kMore:
      break;
    case BodyReceiver::Next::kTurn:
      waits_for_ = WaitsFor::kTurn;
      break;
    case BodyReceiver::Next::kWait:
      waits_for_ = WaitsFor::kResume;
      break;
    case BodyReceiver::Next::kAnswer:
      waits_for_ = WaitsFor::kNothing;
      receiver_ = nullptr;
      if (parser_.in_body()) response.close = true;
      Respond(response, more_bytes, now, out);
      break;
  }
}

void Connection::FindRoute() { match_ = context_.routes.Find(parser_.head().method, path_); }

// The reader's buffer is about to move under a request whose body is not complete.
void Connection::KeepHead() {
  const RequestHead& head = parser_.head();
  const char* const before = head.raw_path.data();
  parser_.KeepHead();
  if (head.raw_path.data() == before || path_.data() != before) return;
  path_ = head.raw_path;
  FindRoute();
}

Status Connection::CheckNeeds() const {
  if (match_.route == nullptr || match_.route->needs == Needs::kNothing) return {};
  return context_.services.catalog.CheckLoaded();
}

bool Connection::IsForbidden() const {
  return context_.limits.read_only && !bad_path_ && match_.route != nullptr &&
         match_.route->effect == Effect::kChanges;
}

Response Connection::Forbid() {
  context_.metrics.CountRefused(RefusedReason::kReadOnly);
  return ErrorResponse(403, "FORBIDDEN", "this server is read-only");
}

Response Connection::RefuseUnloaded(const Error& error) {
  context_.metrics.CountRefused(RefusedReason::kUnavailable);
  return ErrorResponse(error);
}

Request Connection::RequestAtHand() const {
  const RequestHead& head = parser_.head();
  return {.method = head.method,
          .path = path_,
          .path_parameter = match_.path_parameter,
          .query = head.query,
          .accept = head.accept,
          .if_match = head.if_match,
          .if_none_match = head.if_none_match,
          .body = parser_.body()};
}

HandlerContext Connection::ContextAtHand() {
  return {context_.services,
          context_.metrics,
          context_.limits,
          context_.mailbox,
          {descriptor_, number_, request_number_}};
}

void Connection::Dispatch(bool more_bytes, MonotonicTime now, std::string& out) {
  const RequestHead& head = parser_.head();
  Response response;
  if (bad_path_) {
    response = ErrorResponse(400, "INVALID_INPUT", "malformed percent-encoding in the path");
  } else if (IsForbidden()) {
    response = Forbid();
  } else if (const Status loaded = CheckNeeds(); !loaded.ok()) {
    response = RefuseUnloaded(loaded.error());
  } else if (match_.route != nullptr) {
    HandlerContext handler_context = ContextAtHand();
    if (match_.route->handler(RequestAtHand(), handler_context, response) == Answer::kLater) {
      waits_for_ = WaitsFor::kAnswer;
      return;
    }
  } else if (match_.allow.empty()) {
    response = ErrorResponse(404, "NOT_FOUND", "no such path");
  } else if (const bool has_options = !context_.limits.cors_allow_origin.empty();
             has_options && head.method == Method::kOptions) {
    response.status = 204;
    response.extra_headers =
        "Allow: " + match_.allow + ", OPTIONS\r\n" +
        "Access-Control-Allow-Methods: " + match_.allow + "\r\n" +
        "Access-Control-Allow-Headers: Content-Type, If-Match, If-None-Match\r\n" +
        "Access-Control-Max-Age: 600\r\n";
  } else {
    response = ErrorResponse(405, "METHOD_NOT_ALLOWED", "method not allowed");
    response.extra_headers = "Allow: " + match_.allow + (has_options ? ", OPTIONS\r\n" : "\r\n");
  }
  Respond(response, more_bytes, now, out);
}

void Connection::Respond(Response& response, bool more_bytes, MonotonicTime now, std::string& out) {
  const RequestHead& head = parser_.head();
  const bool head_only = head.method == Method::kHead;
  // Without chunks only its end tells the client that a streamed body is whole.
  const bool ends_body = response.source != nullptr && head.http_1_0 && !head_only;
  // A draining server says so with the last of the requests that a client has already sent.
  const bool close =
      response.close || ends_body || !head.keep_alive || (context_.draining && !more_bytes);
  const ResponseFrame frame{.head_only = head_only,
                            .close = close,
                            .confirm_keep_alive = head.http_1_0 && head.keep_alive,
                            .http_1_0 = head.http_1_0,
                            .cors_allow_origin = context_.limits.cors_allow_origin,
                            .date = context_.date};
  AppendResponse(out, response, frame);
  if (response.ends_turn) waits_for_ = WaitsFor::kTurn;
  if (response.source == nullptr || head_only) {
    FinishResponse(response.status, close, more_bytes, now);
    return;
  }
  streamed_ = std::make_unique<StreamedResponse>(
      StreamedResponse{std::move(response.source), response.status, close});
  SendPiece(more_bytes, now, out);
}

// One piece a turn: after the last one, too, lest short streams in a row take turn upon turn.
void Connection::SendPiece(bool more_bytes, MonotonicTime now, std::string& out) {
  const ChunkCoding coding = parser_.head().http_1_0 ? ChunkCoding::kNone : ChunkCoding::kChunked;
  const BodySource::Next next = AppendNextPiece(out, *streamed_->source, coding);
  waits_for_ = WaitsFor::kTurn;
  if (next == BodySource::Next::kMore) return;
  const std::unique_ptr<StreamedResponse> over = std::move(streamed_);
  if (next == BodySource::Next::kEnd) {
    FinishResponse(over->status, over->close, more_bytes, now);
  } else {
    finished_ = true;
  }
}

void Connection::FinishResponse(int status, bool close, bool more_bytes, MonotonicTime now) {
  const RequestHead& head = parser_.head();
  answered_.push_back(
      {match_.metric_route, static_cast<std::size_t>(head.method), status, request_began_});
  request_begun_ = false;
  last_active_ = now;
  if (path_text_.capacity() > kKeptPathBytes) path_text_ = std::string();
  if (!close) return;
  finished_ = true;
  client_asked_to_close_ = !head.keep_alive && !more_bytes;
  outcome_ = context_.draining && head.keep_alive ? ConnectionOutcome::kDrained
                                                  : ConnectionOutcome::kClosedByServer;
}

void Connection::Refuse(const ParseFailure& failure, MonotonicTime now, std::string& out) {
  CountFailure(failure.status);
  if (failure.reason) context_.metrics.CountParseError(*failure.reason);
  receiver_ = nullptr;
  if (!parser_.in_body()) {
    // No request came out of the bytes; it still counts as one that was answered.
    StartRequest();
    match_ = {};
  }
  const Response response =
      failure.status == 413
          ? ErrorResponse(
                413, failure.code,
                "body must be at most " + std::to_string(context_.limits.max_body_bytes) + " bytes")
          : ErrorResponse(failure.status, failure.code, failure.message);
  const ResponseFrame frame{
      .head_only = parser_.in_body() && parser_.head().method == Method::kHead,
      .close = true,
      .cors_allow_origin = context_.limits.cors_allow_origin,
      .date = context_.date};
  AppendResponse(out, response, frame);
  answered_.push_back(
      {match_.metric_route,
       parser_.in_body() ? static_cast<std::size_t>(parser_.head().method) : kOtherMetricMethod,
       failure.status, request_began_});
  last_active_ = now;
  finished_ = true;
  outcome_ = ConnectionOutcome::kProtocolError;
}

void Connection::CountFailure(int status) {
  RefusedReason reason = RefusedReason::kMalformed;
  if (status == 413) reason = RefusedReason::kBodyTooLarge;
  if (status == 414) reason = RefusedReason::kTargetTooLong;
  if (status == 431) reason = RefusedReason::kHeaderTooLarge;
  if (status == 501 || status == 505) reason = RefusedReason::kUnsupported;
  if (status == 408) {
    reason = parser_.in_body() ? RefusedReason::kBodyTimeout : RefusedReason::kHeaderTimeout;
  }
  context_.metrics.CountRefused(reason);
}

MonotonicTime Connection::Deadline() const {
  if (!WantsBytes()) return MonotonicTime::max();
  if (parser_.in_body()) return body_awaited_ + context_.limits.body_timeout;
  if (request_begun_) return request_began_ + context_.limits.header_timeout;
  return last_active_ + context_.limits.idle_timeout;
}

void Connection::OnDeadline(MonotonicTime now, std::string& out) {
  if (!request_begun_) {
    finished_ = true;
    client_asked_to_close_ = true;  // nothing was answered, so nothing can be lost
    outcome_ = ConnectionOutcome::kIdleTimeout;
    return;
  }
  const bool in_body = parser_.in_body();
  Refuse({408, "REQUEST_TIMEOUT",
          in_body ? "the body did not arrive in time" : "the header did not arrive in time"},
         now, out);
  outcome_ = in_body ? ConnectionOutcome::kBodyTimeout : ConnectionOutcome::kHeaderTimeout;
}

void Connection::RecordAnswered(MonotonicTime now) {
  for (const AnsweredRequest& request : answered_) {
    context_.metrics.RecordRequest(request.metric_route, request.metric_method, request.status,
                                   now - request.began);
    context_.metrics.RequestFinished();
    --open_requests_;
  }
  answered_.clear();
  if (answered_.capacity() > kKeptAnsweredRequests) answered_.shrink_to_fit();
}

}  // namespace products
