#include "server/http/request_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <limits>
#include <string>

namespace products {
namespace {

namespace http = boost::beast::http;

// A method and a version around the target in the longest request line taken.
constexpr std::size_t kRequestLineOverhead = 64;
// A body buffer above this is given back after its request.
constexpr std::size_t kKeptBodyBytes = 4096;

using Reason = ParseErrorReason;

constexpr ParseFailure kBareLineFeed{400, "BAD_REQUEST", "a line ends without CR",
                                     Reason::kBareLineFeed};
constexpr ParseFailure kFoldedLine{400, "BAD_REQUEST", "a header field is folded",
                                   Reason::kFoldedLine};
constexpr ParseFailure kBadRequestLine{400, "BAD_REQUEST", "malformed request line",
                                       Reason::kRequestLine};
constexpr ParseFailure kBadTarget{400, "BAD_REQUEST", "malformed request target", Reason::kTarget};
constexpr ParseFailure kBadHost{400, "BAD_REQUEST", "exactly one valid Host is required",
                                Reason::kHost};
constexpr ParseFailure kBadFraming{
    400, "BAD_REQUEST", "Transfer-Encoding with Content-Length or in HTTP/1.0", Reason::kFraming};
constexpr ParseFailure kTargetTooLong{414, "URI_TOO_LONG", "the request target is too long"};
constexpr ParseFailure kHeaderTooLarge{431, "HEADER_TOO_LARGE", "the header section is too large"};
constexpr ParseFailure kBodyTooLarge{413, "PAYLOAD_TOO_LARGE", "the body is too large"};
constexpr ParseFailure kBadChunk{400, "BAD_REQUEST", "malformed chunk", Reason::kChunk};
constexpr ParseFailure kUnknownExpectation{417, "EXPECTATION_FAILED", "unknown expectation",
                                           Reason::kExpectation};
constexpr ParseFailure kUnknownMethod{501, "NOT_IMPLEMENTED", "unknown method", Reason::kMethod};
constexpr ParseFailure kUnknownCoding{
    501, "NOT_IMPLEMENTED", "the only transfer coding known is chunked", Reason::kFraming};
constexpr ParseFailure kBadVersion{505, "HTTP_VERSION_NOT_SUPPORTED",
                                   "only HTTP/1.0 and HTTP/1.1 are spoken", Reason::kVersion};

ParseFailure FailureOf(http::error error) {
  switch (error) {
    case http::error::bad_method:
      return {400, "BAD_REQUEST", "malformed method", Reason::kMethod};
    case http::error::bad_target:
      return kBadTarget;
    case http::error::bad_version:
      return kBadVersion;
    case http::error::bad_content_length:
    case http::error::multiple_content_length:
      return {400, "BAD_REQUEST", "malformed or contradicting Content-Length",
              Reason::kContentLength};
    case http::error::bad_transfer_encoding:
      return kBadFraming;
    case http::error::bad_chunk:
    case http::error::bad_chunk_extension:
      return kBadChunk;
    case http::error::header_limit:
      return kHeaderTooLarge;
    default:
      return {400, "BAD_REQUEST", "malformed header field", Reason::kField};
  }
}

bool EqualsIgnoringCase(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() &&
         std::equal(a.begin(), a.end(), lower.begin(),
                    [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == y; });
}

// uri-host [ ":" port ] by its characters (RFC 3986, 3.2.2); an empty Host is allowed.
bool IsHost(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~%!$&'()*+,;=:[]").find(c) != std::string_view::npos;
  });
}

bool IsControl(char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7F; }

// Where what is parsed in one piece ends, or why it never will.
struct PieceEnd {
  std::size_t end = 0;  // 0: not yet
  const ParseFailure* failure = nullptr;
};

// Of the line that starts at `begin` and must not reach beyond `limit`. The length is judged before
// what the line holds, so that the answer is the same however the bytes arrive.
PieceEnd FindLineEnd(std::string_view bytes, std::size_t begin, std::size_t limit,
                     const ParseFailure& too_long) {
  const std::size_t line_feed = bytes.find('\n', begin);
  const bool is_whole = line_feed != std::string_view::npos;
  const std::size_t end = is_whole ? line_feed + 1 : bytes.size();
  if (end > limit) return {0, &too_long};
  if (!is_whole) return {};
  if (line_feed == begin || bytes[line_feed - 1] != '\r') return {0, &kBareLineFeed};
  return {end, nullptr};
}

}  // namespace

class RequestParser::State {
 public:
  Step Feed(std::string_view bytes, const ParserLimits& limits);
  void KeepHead();

  RequestHead head;
  std::string_view body;
  ParseFailure failure;
  std::size_t max_body_bytes = 0;
  bool in_body = false;
  bool streams_body = false;

 private:
  // What the head's views point to when it does not lie in the reader's buffer as it should.
  struct HeadText {
    std::string path;
    std::string query;
    std::string accept;
    std::string if_match;
    std::string if_none_match;
  };
  using FieldValue = std::optional<std::string_view>;

  // Beast's grammar, its findings written to the State.
  class Grammar final : public http::basic_parser<true> {
   public:
    explicit Grammar(State& findings) : findings_(findings) {
      eager(true);
      body_limit(boost::none);                                      // ours: max_body_bytes
      header_limit(std::numeric_limits<std::uint32_t>::max() / 2);  // ours: ParserLimits
    }

   private:
    using ErrorOut = boost::beast::error_code;
    using View = boost::beast::string_view;

    void on_request_impl(http::verb, View method, View target, int version,
                         ErrorOut& error) override {
      const auto known = ParseMethod({method.data(), method.size()});
      if (!known) return Fail(kUnknownMethod, error);
      findings_.head.method = *known;
      findings_.head.http_1_0 = version == 10;
      if (target.size() > findings_.max_target_bytes_) return Fail(kTargetTooLong, error);
      if (!findings_.SetTarget({target.data(), target.size()})) return Fail(kBadTarget, error);
    }

    void on_field_impl(http::field name, View, View value, ErrorOut& error) override {
      if (findings_.in_body) return;  // a trailer
      const std::string_view text(value.data(), value.size());
      switch (name) {
        case http::field::host:
          ++findings_.hosts_;
          if (!IsHost(text)) return Fail(kBadHost, error);
          break;
        case http::field::transfer_encoding:
          // Beast takes "gzip, chunked" as chunked and "xchunked" as no body at all: the second is
          // how requests are smuggled past a proxy that reads it otherwise.
          findings_.has_transfer_encoding_ = true;
          if (!EqualsIgnoringCase(text, "chunked")) findings_.unknown_coding_ = true;
          break;
        case http::field::content_length:
          findings_.has_content_length_ = true;
          break;
        case http::field::expect:
          if (!EqualsIgnoringCase(text, "100-continue")) return Fail(kUnknownExpectation, error);
          findings_.head.expects_continue = true;
          break;
        case http::field::accept:
          findings_.AddLine(text, &RequestHead::accept, &HeadText::accept);
          break;
        case http::field::if_match:
          findings_.AddLine(text, &RequestHead::if_match, &HeadText::if_match);
          break;
        case http::field::if_none_match:
          findings_.AddLine(text, &RequestHead::if_none_match, &HeadText::if_none_match);
          break;
        case http::field::connection:
          // Beast's own keep_alive() also obeys Proxy-Connection, and keeps HTTP/1.0 alive that
          // says close as well.
          for (const View option : http::token_list(value)) {
            const std::string_view token(option.data(), option.size());
            if (EqualsIgnoringCase(token, "close")) findings_.has_close_ = true;
            if (EqualsIgnoringCase(token, "keep-alive")) findings_.has_keep_alive_ = true;
          }
          break;
        default:
          break;
      }
    }

    void on_header_impl(ErrorOut& error) override {
      if (findings_.hosts_ > 1 || (findings_.hosts_ == 0 && !findings_.head.http_1_0)) {
        return Fail(kBadHost, error);
      }
      if (findings_.has_transfer_encoding_) {
        if (findings_.head.http_1_0 || findings_.has_content_length_)
          return Fail(kBadFraming, error);
        if (findings_.unknown_coding_) return Fail(kUnknownCoding, error);
      }
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorOut&) override {}

    std::size_t on_body_impl(View piece, ErrorOut& error) override {
      return findings_.AddBody({piece.data(), piece.size()}, error);
    }

    void on_chunk_header_impl(std::uint64_t size, View extensions, ErrorOut& error) override {
      // Beast takes any byte within quotes.
      if (std::any_of(extensions.begin(), extensions.end(), IsControl)) {
        return Fail(kBadChunk, error);
      }
      findings_.chunk_left_ = size;
    }

    std::size_t on_chunk_body_impl(std::uint64_t, View piece, ErrorOut& error) override {
      findings_.chunk_left_ -= piece.size();
      return findings_.AddBody({piece.data(), piece.size()}, error);
    }

    void on_finish_impl(ErrorOut&) override {}
    void on_response_impl(int, View, int, ErrorOut&) override {}

    void Fail(const ParseFailure& failure, ErrorOut& error) {
      findings_.failure = failure;
      findings_.failed_in_callback_ = true;
      error = http::error::bad_value;
    }

    State& findings_;
  };

  void BeginRequest();
  PieceEnd FindSectionEnd(std::string_view bytes, const ParserLimits& limits);
  PieceEnd FindChunkHeaderEnd(std::string_view bytes, const ParserLimits& limits);
  PieceEnd FindFieldsEnd(std::string_view bytes, const ParserLimits& limits);
  Step ParseHeader(std::string_view section);
  Step ParseBody(std::string_view bytes, const ParserLimits& limits);
  bool SetTarget(std::string_view target);
  void AddLine(std::string_view line, FieldValue RequestHead::*field, std::string HeadText::*text);
  HeadText& OwnHeadText();
  std::size_t AddBody(std::string_view piece, boost::beast::error_code& error);
  Step Fail(const ParseFailure& reason) {
    failure = reason;
    return {Event::kFailure, 0};
  }

  std::optional<Grammar> grammar_;
  std::unique_ptr<HeadText> head_text_;  // seldom needed
  std::size_t max_target_bytes_ = 0;
  // Where the search for the section's end goes on: the begin of a line, and of the first field.
  std::size_t line_begin_ = 0;
  std::size_t fields_begin_ = 0;
  std::uint64_t chunk_left_ = 0;
  bool after_chunk_ = false;
  std::string gathered_body_;
  int hosts_ = 0;
  bool has_transfer_encoding_ = false;
  bool has_content_length_ = false;
  bool unknown_coding_ = false;
  bool has_close_ = false;
  bool has_keep_alive_ = false;
  bool failed_in_callback_ = false;
};

void RequestParser::State::BeginRequest() {
  head = RequestHead();
  head_text_ = nullptr;
  body = {};
  gathered_body_.clear();
  if (gathered_body_.capacity() > kKeptBodyBytes) gathered_body_ = std::string();
  hosts_ = 0;
  has_transfer_encoding_ = has_content_length_ = unknown_coding_ = false;
  has_close_ = has_keep_alive_ = after_chunk_ = streams_body = false;
  grammar_.emplace(*this);
}

// Beast is given whole header sections, chunk headers and trailer sections only. So views stay
// valid until the handler has run, and the scan for the end also finds what Beast tolerates: bare
// LF and folded lines.
PieceEnd RequestParser::State::FindSectionEnd(std::string_view bytes, const ParserLimits& limits) {
  if (fields_begin_ == 0) {
    const PieceEnd line =
        FindLineEnd(bytes, 0, limits.max_target_bytes + kRequestLineOverhead, kTargetTooLong);
    if (line.end == 0) return line;
    fields_begin_ = line_begin_ = line.end;
  }
  return FindFieldsEnd(bytes, limits);
}

// A chunk's header is one line; that of the last one, whose size is zero, has the trailers behind
// it. The CRLF that ends a chunk's bytes goes, as in Beast, with the header of the next.
PieceEnd RequestParser::State::FindChunkHeaderEnd(std::string_view bytes,
                                                  const ParserLimits& limits) {
  if (fields_begin_ == 0) {
    const std::size_t begin = after_chunk_ ? 2 : 0;
    if (bytes.size() < begin) return {};
    if (after_chunk_ && !bytes.starts_with("\r\n")) return {0, &kBadChunk};
    const PieceEnd line =
        FindLineEnd(bytes, begin, begin + limits.max_header_bytes, kHeaderTooLarge);
    if (line.end == 0) return line;
    const std::size_t zeros_end = bytes.find_first_not_of('0', begin);
    const bool is_last = zeros_end > begin && std::string_view(" \t;\r").find(bytes[zeros_end]) !=
                                                  std::string_view::npos;
    if (!is_last) return line;
    fields_begin_ = line_begin_ = line.end;
  }
  return FindFieldsEnd(bytes, limits);
}

PieceEnd RequestParser::State::FindFieldsEnd(std::string_view bytes, const ParserLimits& limits) {
  while (line_begin_ < bytes.size()) {
    const char first = bytes[line_begin_];
    if (first == ' ' || first == '\t') return {0, &kFoldedLine};
    const PieceEnd line =
        FindLineEnd(bytes, line_begin_, fields_begin_ + limits.max_header_bytes, kHeaderTooLarge);
    if (line.end == 0) return line;
    const bool is_empty = line.end == line_begin_ + 2;
    line_begin_ = line.end;
    if (is_empty) return line;
  }
  return {};
}

bool RequestParser::State::SetTarget(std::string_view target) {
  const auto is_refused = [](char c) { return static_cast<unsigned char>(c) >= 0x7F || c <= ' '; };
  if (std::any_of(target.begin(), target.end(), is_refused)) return false;
  if (target.front() != '/') {
    // absolute-form (RFC 9112, 3.2.2): what counts is behind the authority.
    const std::size_t scheme_end = target.find("://");
    if (target == "*" && head.method == Method::kOptions) {
      head.raw_path = target;
      return true;
    }
    if (scheme_end == std::string_view::npos ||
        !(EqualsIgnoringCase(target.substr(0, scheme_end), "http") ||
          EqualsIgnoringCase(target.substr(0, scheme_end), "https"))) {
      return false;
    }
    target.remove_prefix(scheme_end + 3);
    const std::size_t authority_end = std::min(target.find_first_of("/?"), target.size());
    if (authority_end == 0) return false;
    target.remove_prefix(authority_end);
  }
  const std::size_t path_end = std::min(target.find('?'), target.size());
  head.raw_path = path_end == 0 ? "/" : target.substr(0, path_end);
  head.query = target.substr(std::min(path_end + 1, target.size()));
  return true;
}

RequestParser::State::HeadText& RequestParser::State::OwnHeadText() {
  if (head_text_ == nullptr) head_text_ = std::make_unique<HeadText>();
  return *head_text_;
}

void RequestParser::State::AddLine(std::string_view line, FieldValue RequestHead::*field,
                                   std::string HeadText::*text) {
  FieldValue& value = head.*field;
  if (!value) {
    value = line;
    return;
  }
  std::string& joined = OwnHeadText().*text;
  if (joined.empty()) joined = *value;
  joined += ", ";
  joined += line;
  value = joined;
}

void RequestParser::State::KeepHead() {
  HeadText& own = OwnHeadText();
  const auto keep = [](auto& view, std::string_view from, std::string& text) {
    if (from.data() != text.data()) text = from;
    view = text;
  };
  keep(head.raw_path, head.raw_path, own.path);
  keep(head.query, head.query, own.query);
  if (head.accept) keep(head.accept, *head.accept, own.accept);
  if (head.if_match) keep(head.if_match, *head.if_match, own.if_match);
  if (head.if_none_match) keep(head.if_none_match, *head.if_none_match, own.if_none_match);
}

std::size_t RequestParser::State::AddBody(std::string_view piece, boost::beast::error_code& error) {
  if (streams_body) {
    body = piece;
    return piece.size();
  }
  if (gathered_body_.size() + piece.size() > max_body_bytes) {
    failure = kBodyTooLarge;
    failed_in_callback_ = true;
    error = http::error::body_limit;
    return 0;
  }
  if (!head.chunked && piece.size() == head.content_length) {
    body = piece;  // all of it lies in the reader's buffer: no copy
  } else {
    gathered_body_ += piece;
    body = gathered_body_;
  }
  return piece.size();
}

RequestParser::Step RequestParser::State::ParseHeader(std::string_view section) {
  boost::beast::error_code error;
  grammar_->put(boost::asio::const_buffer(section.data(), section.size()), error);
  line_begin_ = fields_begin_ = 0;
  if (error && error != http::error::need_more) {
    if (failed_in_callback_) return {Event::kFailure, 0};
    return Fail(FailureOf(static_cast<http::error>(error.value())));
  }
  // The section is whole, and Beast still wants more: a request line that ends too soon.
  if (!grammar_->is_header_done()) return Fail(kBadRequestLine);
  head.chunked = grammar_->chunked();
  head.content_length = head.chunked ? 0 : grammar_->content_length().value_or(0);
  head.keep_alive = !has_close_ && (!head.http_1_0 || has_keep_alive_);
  if (head.http_1_0) head.expects_continue = false;
  in_body = true;
  return {Event::kHeader, section.size()};
}

RequestParser::Step RequestParser::State::ParseBody(std::string_view bytes,
                                                    const ParserLimits& limits) {
  std::size_t consumed = 0;
  if (streams_body) body = {};
  while (!grammar_->is_done()) {
    std::string_view piece = bytes.substr(consumed);
    const bool at_chunk_header = head.chunked && chunk_left_ == 0;
    if (at_chunk_header) {
      const PieceEnd header = FindChunkHeaderEnd(piece, limits);
      if (header.failure != nullptr) return Fail(*header.failure);
      piece = piece.substr(0, header.end);
    } else if (head.chunked) {
      piece = piece.substr(0, chunk_left_);
    }
    if (streams_body && !at_chunk_header) piece = piece.substr(0, kMaxBodyPiece);
    if (piece.empty()) return {Event::kNeedMore, consumed};
    boost::beast::error_code error;
    consumed += grammar_->put(boost::asio::const_buffer(piece.data(), piece.size()), error);
    line_begin_ = fields_begin_ = 0;
    after_chunk_ = head.chunked;
    if (error) {
      if (failed_in_callback_) return {Event::kFailure, 0};
      return Fail(FailureOf(static_cast<http::error>(error.value())));
    }
    if (streams_body && !body.empty()) return {Event::kBody, consumed};
  }
  in_body = false;
  return {Event::kComplete, consumed};
}

RequestParser::Step RequestParser::State::Feed(std::string_view bytes, const ParserLimits& limits) {
  if (in_body) return ParseBody(bytes, limits);
  std::size_t skipped = 0;
  if (line_begin_ == 0) {
    // RFC 9112, 2.2: empty lines before a request line are to be ignored.
    while (bytes.substr(skipped, 2) == "\r\n") skipped += 2;
    bytes.remove_prefix(skipped);
    if (bytes.empty() || bytes == "\r") return {Event::kNeedMore, skipped};
  }
  const PieceEnd section = FindSectionEnd(bytes, limits);
  if (section.failure != nullptr) return Fail(*section.failure);
  if (section.end == 0) return {Event::kNeedMore, skipped};
  BeginRequest();
  max_target_bytes_ = limits.max_target_bytes;
  Step step = ParseHeader(bytes.substr(0, section.end));
  step.consumed += skipped;
  return step;
}

RequestParser::RequestParser() : state_(std::make_unique<State>()) {}
RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::Feed(std::string_view bytes, const ParserLimits& limits) {
  return state_->Feed(bytes, limits);
}

void RequestParser::set_max_body_bytes(std::size_t bytes) { state_->max_body_bytes = bytes; }
void RequestParser::StreamBody() { state_->streams_body = true; }
bool RequestParser::in_body() const { return state_->in_body; }
const RequestHead& RequestParser::head() const { return state_->head; }
std::string_view RequestParser::body() const { return state_->body; }
void RequestParser::KeepHead() { state_->KeepHead(); }
const ParseFailure& RequestParser::failure() const { return state_->failure; }

}  // namespace products
