#include "cli/api_client_stream.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "cli/duration.h"
#include "cli/text_width.h"
#include "core/base/version.h"

namespace products::cli {
namespace {

using CurlEasy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using CurlMulti = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;
using CurlList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

constexpr std::size_t kMaxHeaderBytes = std::size_t{64} * 1024;
constexpr std::chrono::milliseconds kLongestRound{125};
// The library's own are 16 and 64 KiB; measured faster with less calls between socket and file.
constexpr long kReceiveBufferBytes = 512 * 1024;
constexpr long kSendBufferBytes = 256 * 1024;

}  // namespace

class StreamTransfer::Impl {
 public:
  Impl(Target target, const Clock& clock)
      : target_(std::move(target)),
        clock_(clock),
        multi_(curl_multi_init(), curl_multi_cleanup),
        easy_(curl_easy_init(), curl_easy_cleanup) {
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_ERRORBUFFER, error_text_.data());
    Set(CURLOPT_QUICK_EXIT, 1L);
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    Set(CURLOPT_HTTP09_ALLOWED, 0L);
    Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(target_.timeout.count()));
    Set(CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
    Set(CURLOPT_UPLOAD_BUFFERSIZE, kSendBufferBytes);
    Set(CURLOPT_WRITEFUNCTION, &Impl::OnBody);
    Set(CURLOPT_WRITEDATA, this);
    Set(CURLOPT_HEADERFUNCTION, &Impl::OnHeader);
    Set(CURLOPT_HEADERDATA, this);
    Set(CURLOPT_READFUNCTION, &Impl::OnRead);
    Set(CURLOPT_READDATA, this);
    Set(CURLOPT_SEEKFUNCTION, &Impl::OnSeek);
    Set(CURLOPT_SEEKDATA, this);
    if (target_.is_this_machine) Set(CURLOPT_PROXY, "");
  }

  Result<Answer> Run(const StreamRequest& request, StreamWatch& watch) {
    const CurlList headers = Prepare(request);
    curl_multi_add_handle(multi_.get(), easy_.get());
    Result<Answer> answer = Drive(watch);
    curl_multi_remove_handle(multi_.get(), easy_.get());
    request_ = nullptr;
    return answer;
  }

 private:
  template <typename T>
  void Set(CURLoption option, T value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  CurlList Prepare(const StreamRequest& request) {
    request_ = &request;
    answer_ = Answer();
    header_bytes_ = 0;
    received_bytes_ = 0;
    body_is_too_large_ = false;
    sink_ended_it_ = false;
    takes_body_.reset();
    url_ = target_.url + request.path;
    Set(CURLOPT_URL, url_.c_str());
    curl_slist* list = nullptr;
    for (const std::string& line :
         {"Accept: " + request.accept, std::string("User-Agent: productctl/").append(Version()),
          std::string("Expect:")}) {
      list = curl_slist_append(list, line.c_str());
    }
    if (request.source != nullptr) {
      list = curl_slist_append(list, ("Content-Type: " + request.content_type).c_str());
      // Its length is not known before its end.
      list = curl_slist_append(list, "Transfer-Encoding: chunked");
      Set(CURLOPT_POST, 1L);
      Set(CURLOPT_POSTFIELDS, static_cast<const char*>(nullptr));
      Set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t{-1});
    } else {
      Set(CURLOPT_HTTPGET, 1L);
    }
    Set(CURLOPT_HTTPHEADER, list);
    return CurlList(list, curl_slist_free_all);
  }

  Result<Answer> Drive(StreamWatch& watch) {
    curl_waitfd wake{};
    wake.fd = watch.wake_descriptor();
    wake.events = CURL_WAIT_POLLIN;
    const unsigned wake_count = wake.fd >= 0 ? 1 : 0;
    std::uint64_t last_moved = 0;
    MonotonicTime last_move = clock_.Now();
    while (true) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      if (const std::optional<int> code = FindEnd()) {
        if (*code == CURLE_OK) return TakeAnswer();
        return Explain(*code);
      }
      const MonotonicTime now = clock_.Now();
      watch.Tick(now);
      if (const std::uint64_t moved = MovedBytes(); moved != last_moved) {
        last_moved = moved;
        last_move = now;
      } else if (now - last_move >= target_.timeout) {
        return Explain(CURLE_OPERATION_TIMEDOUT);
      }
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(last_move + target_.timeout - now);
      const auto wait = std::clamp(left, std::chrono::milliseconds::zero(), kLongestRound);
      curl_multi_poll(multi_.get(), &wake, wake_count, static_cast<int>(wait.count()), nullptr);
      if (wake.revents != 0) return Error{ErrorCode::kUnavailable, "interrupted", {}};
    }
  }

  std::optional<int> FindEnd() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    return std::nullopt;
  }

  std::uint64_t MovedBytes() {
    curl_off_t sent = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &sent);
    return static_cast<std::uint64_t>(sent) + header_bytes_ + received_bytes_;
  }

  Error Explain(int code) {
    if (sink_ended_it_) return {ErrorCode::kInternal, "ended by the receiver", {}};
    return ExplainTransfer(code, easy_.get(), {target_.max_body_bytes, body_is_too_large_},
                           "nothing was sent or received for " + RenderDuration(target_.timeout),
                           error_text_.data());
  }

  // Once the header section is there.
  void ReadHead() {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<int>(status);
    const char* content_type = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_TYPE, &content_type);
    answer_.content_type.assign(content_type == nullptr ? "" : content_type);
    curl_off_t retry_after = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0) answer_.retry_after.emplace(retry_after);
  }

  Answer TakeAnswer() {
    ReadHead();
    // An empty body has no piece that would ask.
    if (!takes_body_ && request_->sink != nullptr) request_->sink->Wants(answer_);
    return std::move(answer_);
  }

  bool TakeBody(std::string_view piece) {
    received_bytes_ += piece.size();
    if (!takes_body_) {
      ReadHead();
      takes_body_ = request_->sink != nullptr && request_->sink->Wants(answer_);
    }
    if (*takes_body_) {
      sink_ended_it_ = !request_->sink->Write(piece);
      return !sink_ended_it_;
    }
    body_is_too_large_ = answer_.body.size() + piece.size() > target_.max_body_bytes;
    if (!body_is_too_large_) answer_.body.append(piece);
    return !body_is_too_large_;
  }

  static std::size_t OnBody(const char* bytes, std::size_t, std::size_t count, void* self) {
    return static_cast<Impl*>(self)->TakeBody({bytes, count}) ? count : 0;
  }

  static std::size_t OnHeader(const char*, std::size_t, std::size_t count, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    impl.header_bytes_ += count;
    return impl.header_bytes_ > kMaxHeaderBytes ? 0 : count;
  }

  static std::size_t OnRead(char* buffer, std::size_t, std::size_t capacity, void* self) {
    return static_cast<Impl*>(self)->request_->source->Read(buffer, capacity);
  }

  static int OnSeek(void* self, curl_off_t offset, int origin) {
    if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<Impl*>(self)->request_->source->Rewind();
    return CURL_SEEKFUNC_OK;
  }

  const Target target_;
  const Clock& clock_;
  const CurlMulti multi_;
  const CurlEasy easy_;
  const StreamRequest* request_ = nullptr;          // while it runs
  std::array<char, CURL_ERROR_SIZE> error_text_{};  // the library's own words
  std::string url_;
  Answer answer_;
  std::size_t header_bytes_ = 0;
  std::uint64_t received_bytes_ = 0;
  std::optional<bool> takes_body_;  // the sink; absent until the first piece of the body
  bool body_is_too_large_ = false;
  bool sink_ended_it_ = false;
};

StreamTransfer::StreamTransfer(Target target, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(target), clock)) {}
StreamTransfer::~StreamTransfer() = default;

Result<Answer> StreamTransfer::Run(const StreamRequest& request, StreamWatch& watch) {
  return impl_->Run(request, watch);
}

Error ExplainTransfer(int code, void* handle, const TransferLimits& limits,
                      std::string_view timeout_text, std::string_view library_text) {
  long os_error = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &os_error);
  switch (static_cast<CURLcode>(code)) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorCode::kUnavailable, "the host name is not known", {}};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {ErrorCode::kUnavailable, "the proxy's host name is not known", {}};
    case CURLE_COULDNT_CONNECT:
      return {ErrorCode::kUnavailable,
              os_error == 0
                  ? "no connection"
                  : std::string("no connection: ") + std::strerror(static_cast<int>(os_error)),
              {}};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::kTimeout, std::string(timeout_text), {}};
    case CURLE_GOT_NOTHING:
      return {ErrorCode::kUnavailable, "the server closed the connection without an answer", {}};
    case CURLE_PARTIAL_FILE:
      return {ErrorCode::kUnavailable, "the connection ended in the middle of the answer", {}};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return {ErrorCode::kUnavailable, "the answer broke off before it was complete", {}};
    case CURLE_WRITE_ERROR:
      if (limits.body_is_too_large) {
        return {
            ErrorCode::kCorrupt,
            "the answer is larger than " + std::to_string(limits.max_body_bytes / 1024) + " KiB",
            {}};
      }
      return {ErrorCode::kCorrupt, "the answer's header section is larger than 64 KiB", {}};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2:
      return {ErrorCode::kCorrupt, "the answer is not HTTP", {}};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return {ErrorCode::kUnavailable,
              "the server's certificate is not trusted: " + Printable(library_text),
              {}};
    case CURLE_SSL_CONNECT_ERROR:
      return {ErrorCode::kUnavailable, "TLS could not be agreed; does the server speak https?", {}};
    case CURLE_OUT_OF_MEMORY:
      // What the library says of a header line beyond its limit.
      return {ErrorCode::kCorrupt, "a line of the answer's header section is too long", {}};
    default:
      return {
          ErrorCode::kUnavailable,
          std::string("the transfer failed: ") + curl_easy_strerror(static_cast<CURLcode>(code)),
          {}};
  }
}

}  // namespace products::cli
