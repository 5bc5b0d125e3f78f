#include "cli/api_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "cli/api_client_stream.h"
#include "cli/duration.h"
#include "cli/retries.h"
#include "cli/text_width.h"
#include "core/base/version.h"

namespace products::cli {
namespace {

using CurlUrl = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;
using CurlMulti = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;
using CurlHeaders = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// The library bounds one header line but not their number.
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::chrono::milliseconds kLongestRound{125};
constexpr std::chrono::milliseconds kLongestTimeWithoutPoll{20};

std::optional<std::string> UrlPart(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

// Numeric addresses come in dotted form, however they were written.
bool IsThisMachine(const std::string& host) {
  const bool is_numeric = host.find_first_not_of("0123456789.") == std::string::npos;
  return curl_strequal(host.c_str(), "localhost") != 0 || host == "[::1]" ||
         (is_numeric && host.starts_with("127."));
}

struct Endpoint {
  std::string url;
  bool is_this_machine = false;
};

Result<Endpoint> ParseEndpoint(const std::string& text) {
  const auto refuse = [&text](std::string_view why) {
    return InvalidArgument("\"" + Printable(text) + "\" " + std::string(why) +
                           "; expected a URL such as http://127.0.0.1:8080");
  };
  const CurlUrl url(curl_url(), curl_url_cleanup);
  const std::string full = text.find("://") == std::string::npos ? "http://" + text : text;
  if (curl_url_set(url.get(), CURLUPART_URL, full.c_str(), 0) != CURLUE_OK) {
    return refuse("is not a URL of http or https");
  }
  const std::string scheme = UrlPart(url.get(), CURLUPART_SCHEME).value_or("");
  if (scheme != "http" && scheme != "https") return refuse("is not a URL of http or https");
  const std::string host = UrlPart(url.get(), CURLUPART_HOST).value_or("");
  if (host.empty()) return refuse("names no host");
  if (UrlPart(url.get(), CURLUPART_USER) || UrlPart(url.get(), CURLUPART_PASSWORD)) {
    // Not repeated: it would land in logs as well.
    return InvalidArgument("a URL with a user or password is not taken");
  }
  if (UrlPart(url.get(), CURLUPART_QUERY) || UrlPart(url.get(), CURLUPART_FRAGMENT)) {
    return refuse("has a query or fragment");
  }
  Endpoint endpoint{UrlPart(url.get(), CURLUPART_URL).value_or(full), IsThisMachine(host)};
  while (endpoint.url.ends_with('/')) endpoint.url.pop_back();
  return endpoint;
}

// The fate of one request so far.
struct Attempts {
  int count = 0;
  MonotonicTime deadline{};
  bool outcome_is_unknown = false;  // one of them may have been carried out
};

std::chrono::milliseconds RoundUp(MonotonicTime::duration duration) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(duration),
                  std::chrono::milliseconds::zero());
}

// Whether the next attempt may end otherwise than this one, which got no whole answer.
bool IsPassing(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return true;
    default:
      return false;
  }
}

bool IsPassing(const Answer& answer) {
  return answer.status == 429 || (answer.status >= 502 && answer.status <= 504);
}

// A request in flight: an easy handle with what its callbacks write to. Never moves.
class Transfer {
 public:
  Transfer(const ApiClient::Options& options, const Endpoint& endpoint, curl_slist* headers,
           std::size_t slot)
      : handle_(curl_easy_init()),
        slot_(slot),
        max_body_bytes_(options.max_body_bytes),
        headers_(headers),
        own_headers_(nullptr, curl_slist_free_all) {
    Set(CURLOPT_PRIVATE, this);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_ERRORBUFFER, error_text_.data());
    // A name is looked up on a thread of the library's. Else the end of a transfer waits for it,
    // however long the resolver takes, timeout and Ctrl-C notwithstanding.
    Set(CURLOPT_QUICK_EXIT, 1L);
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    Set(CURLOPT_HTTP09_ALLOWED, 0L);
    Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.timeout.count()));
    Set(CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
    Set(CURLOPT_WRITEDATA, this);
    Set(CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
    Set(CURLOPT_HEADERDATA, this);
    if (endpoint.is_this_machine) Set(CURLOPT_PROXY, "");
  }
  ~Transfer() { curl_easy_cleanup(handle_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  static Transfer& Of(CURL* handle) {
    Transfer* self = nullptr;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
    return *self;
  }

  CURL* handle() { return handle_; }
  std::size_t slot() const { return slot_; }

  // `request` must stay as it is until the transfer ends: its body is sent from where it lies.
  void Prepare(const std::string& endpoint, const Request& request,
               std::chrono::milliseconds timeout) {
    url_.assign(endpoint).append(request.path);
    Set(CURLOPT_URL, url_.c_str());
    // Zero would be no limit.
    Set(CURLOPT_TIMEOUT_MS, std::max(static_cast<long>(timeout.count()), 1L));
    PrepareHeaders(request);
    Set(CURLOPT_CUSTOMREQUEST, nullptr);
    switch (request.method) {
      case Method::kGet:
        Set(CURLOPT_HTTPGET, 1L);
        break;
      case Method::kDelete:
        Set(CURLOPT_HTTPGET, 1L);
        Set(CURLOPT_CUSTOMREQUEST, "DELETE");
        break;
      case Method::kPost:
        Set(CURLOPT_POST, 1L);
        Set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
        Set(CURLOPT_POSTFIELDS, request.body.c_str());
        break;
    }
    answer_.body.clear();
    header_bytes_ = 0;
    body_is_too_large_ = false;
  }

  // After a transfer that went well.
  const Answer& TakeAnswer(const Attempts& attempts) {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<int>(status);
    const char* content_type = nullptr;
    curl_easy_getinfo(handle_, CURLINFO_CONTENT_TYPE, &content_type);
    answer_.content_type.assign(content_type == nullptr ? "" : content_type);
    curl_off_t retry_after = 0;
    curl_easy_getinfo(handle_, CURLINFO_RETRY_AFTER, &retry_after);
    answer_.retry_after.reset();
    if (retry_after > 0) answer_.retry_after.emplace(retry_after);
    curl_header* etag = nullptr;
    const bool has_etag =
        curl_easy_header(handle_, "ETag", 0, CURLH_HEADER, -1, &etag) == CURLHE_OK;
    answer_.etag.assign(has_etag ? etag->value : "");
    answer_.attempts = attempts.count;
    answer_.follows_unknown_outcome = attempts.outcome_is_unknown;
    return answer_;
  }

  // Whether the answer may be that of a proxy in front of a server that did as asked.
  bool IsGatewaysAnswer() const { return answer_.status == 502 || answer_.status == 504; }

  // After one that did not.
  Error Explain(CURLcode code, const ApiClient::Options& options) const;

 private:
  template <typename T>
  void Set(CURLoption option, T value) {
    curl_easy_setopt(handle_, option, value);
  }

  void PrepareHeaders(const Request& request) {
    own_headers_.reset();
    for (const auto& [name, value] : {std::pair("If-Match: ", &request.if_match),
                                      std::pair("If-None-Match: ", &request.if_none_match)}) {
      if (value->empty()) continue;
      if (!own_headers_) {
        for (const curl_slist* line = headers_; line != nullptr; line = line->next) {
          AppendHeader(line->data);
        }
      }
      AppendHeader((name + *value).c_str());
    }
    Set(CURLOPT_HTTPHEADER, own_headers_ ? own_headers_.get() : headers_);
  }

  void AppendHeader(const char* line) {
    own_headers_.reset(curl_slist_append(own_headers_.release(), line));
  }

  static std::size_t OnBody(const char* bytes, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.answer_.body.size() + count > transfer.max_body_bytes_) {
      transfer.body_is_too_large_ = true;
      return 0;
    }
    transfer.answer_.body.append(bytes, count);
    return count;
  }

  static std::size_t OnHeader(const char*, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.header_bytes_ += count;
    return transfer.header_bytes_ > kMaxHeaderBytes ? 0 : count;
  }

  CURL* const handle_;
  const std::size_t slot_;
  const std::size_t max_body_bytes_;
  curl_slist* const headers_;  // of every request
  CurlHeaders own_headers_;    // those and the conditions of this one; absent without conditions
  std::array<char, CURL_ERROR_SIZE> error_text_{};  // the library's own words
  std::string url_;
  Answer answer_;
  std::size_t header_bytes_ = 0;
  bool body_is_too_large_ = false;
};

Error Transfer::Explain(CURLcode code, const ApiClient::Options& options) const {
  return ExplainTransfer(code, handle_, {max_body_bytes_, body_is_too_large_},
                         "no complete answer within " + RenderDuration(options.timeout),
                         error_text_.data());
}

}  // namespace

const char* MethodName(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kPost:
      return "POST";
    case Method::kDelete:
      return "DELETE";
  }
  return "GET";
}

class ApiClient::Impl {
 public:
  Impl(Options options, Endpoint endpoint, const Clock& clock)
      : options_(std::move(options)),
        endpoint_(std::move(endpoint)),
        clock_(clock),
        retries_(options_.retries,
                 static_cast<std::uint64_t>(clock.Now().time_since_epoch().count())) {
    for (const std::string& line :
         {std::string("Content-Type: application/json"), std::string("Accept: application/json"),
          std::string("User-Agent: productctl/").append(Version()),
          // Else a body above 1 MiB waits a second for a "100 Continue".
          std::string("Expect:")}) {
      headers_ = curl_slist_append(headers_, line.c_str());
    }
  }
  ~Impl() {
    single_.reset();
    stream_.reset();
    curl_slist_free_all(headers_);
    curl_global_cleanup();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<Answer> Exchange(const Request& request) {
    if (!single_) single_ = MakeTransfer(0);
    Attempts attempts = FirstAttempt(clock_.Now());
    while (true) {
      Prepare(*single_, request, attempts, clock_.Now());
      const CURLcode code = curl_easy_perform(single_->handle());
      const std::optional<MonotonicTime> again = FindNextAttempt(*single_, request, code, attempts);
      if (again) {
        std::this_thread::sleep_until(*again);
        continue;
      }
      if (code != CURLE_OK) return Explain(*single_, request, code, attempts);
      return single_->TakeAnswer(attempts);
    }
  }

  void ExchangeMany(ExchangeSource& source, std::size_t slots, int wake_descriptor);

  Result<Answer> ExchangeStream(const StreamRequest& request, StreamWatch& watch) {
    if (!stream_) {
      stream_ = std::make_unique<StreamTransfer>(
          StreamTransfer::Target{endpoint_.url, endpoint_.is_this_machine, options_.timeout,
                                 options_.max_body_bytes},
          clock_);
    }
    Result<Answer> answer = stream_->Run(request, watch);
    if (answer.ok()) return answer;
    Error error = answer.error();
    const Method method = request.source == nullptr ? Method::kGet : Method::kPost;
    error.message = Describe({method, request.path, {}}) + ": " + error.message;
    return error;
  }

  const std::string& endpoint() const { return endpoint_.url; }

  std::string Describe(const Request& request) const {
    return std::string(MethodName(request.method)) + " " + endpoint_.url + request.path;
  }

 private:
  struct Slot {
    Request request;
    std::unique_ptr<Transfer> transfer;
    Attempts attempts = {};
    bool is_in_flight = false;
    bool is_to_repeat = false;
    bool is_finished = false;
    MonotonicTime not_before{};
  };

  std::unique_ptr<Transfer> MakeTransfer(std::size_t slot) {
    return std::make_unique<Transfer>(options_, endpoint_, headers_, slot);
  }

  Attempts FirstAttempt(MonotonicTime now) {
    retries_.CountRequest();
    return {.deadline = now + options_.timeout};
  }

  void Prepare(Transfer& transfer, const Request& request, Attempts& attempts, MonotonicTime now) {
    ++attempts.count;
    transfer.Prepare(endpoint_.url, request, RoundUp(attempts.deadline - now));
  }

  // When the request goes out once more after an attempt that ended with `code`; absent when this
  // was the last.
  std::optional<MonotonicTime> FindNextAttempt(Transfer& transfer, const Request& request,
                                               CURLcode code, Attempts& attempts) {
    if (!request.is_repeatable) return std::nullopt;
    std::optional<std::chrono::seconds> asked_pause;
    if (code == CURLE_OK) {
      const Answer& answer = transfer.TakeAnswer(attempts);
      if (!IsPassing(answer)) return std::nullopt;
      asked_pause = answer.retry_after;
    } else if (!IsPassing(code)) {
      return std::nullopt;
    }
    const MonotonicTime now = clock_.Now();
    const auto pause =
        retries_.TakePause(attempts.count, asked_pause, RoundUp(attempts.deadline - now));
    if (!pause) return std::nullopt;
    // Without a connection nothing has been carried out. A gateway's answer says nothing of it.
    const bool is_known =
        code == CURLE_COULDNT_CONNECT || (code == CURLE_OK && !transfer.IsGatewaysAnswer());
    attempts.outcome_is_unknown = attempts.outcome_is_unknown || !is_known;
    return now + *pause;
  }

  Error Explain(const Transfer& transfer, const Request& request, CURLcode code,
                const Attempts& attempts) const {
    Error error = transfer.Explain(code, options_);
    error.message = Describe(request) + ": " + error.message;
    if (attempts.count > 1) {
      error.message += "; tried " + std::to_string(attempts.count) + " times";
    }
    return error;
  }

  // Starts what the idle slots have to send. The earliest time at which one of them has more;
  // absent when all have finished.
  std::optional<MonotonicTime> Start(ExchangeSource& source, CURLM* multi,
                                     std::vector<Slot>& slots);
  // Tells `source` about the transfers that ended and are not repeated; whether there were any.
  bool Finish(ExchangeSource& source, CURLM* multi, std::vector<Slot>& slots);

  const Options options_;
  const Endpoint endpoint_;
  const Clock& clock_;
  Retries retries_;
  curl_slist* headers_ = nullptr;
  std::unique_ptr<Transfer> single_;
  std::unique_ptr<StreamTransfer> stream_;
};

std::optional<MonotonicTime> ApiClient::Impl::Start(ExchangeSource& source, CURLM* multi,
                                                    std::vector<Slot>& slots) {
  std::optional<MonotonicTime> next;
  const auto wait_until = [&next](MonotonicTime time) {
    next = std::min(next.value_or(time), time);
  };
  const MonotonicTime now = clock_.Now();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    Slot& slot = slots[i];
    if (slot.is_finished) continue;
    if (slot.is_in_flight) {
      wait_until(MonotonicTime::max());
      continue;
    }
    if (slot.not_before <= now) {
      const ExchangeSource::Step step = slot.is_to_repeat
                                            ? ExchangeSource::Step{ExchangeSource::Action::kSend}
                                            : source.Next(i, now, slot.request);
      switch (step.action) {
        case ExchangeSource::Action::kFinished:
          slot.is_finished = true;
          continue;
        case ExchangeSource::Action::kWait:
          slot.not_before = step.until;
          break;
        case ExchangeSource::Action::kSend:
          if (!slot.is_to_repeat) slot.attempts = FirstAttempt(now);
          slot.is_to_repeat = false;
          Prepare(*slot.transfer, slot.request, slot.attempts, now);
          curl_multi_add_handle(multi, slot.transfer->handle());
          slot.is_in_flight = true;
          wait_until(MonotonicTime::max());
          continue;
      }
    }
    wait_until(slot.not_before);
  }
  return next;
}

bool ApiClient::Impl::Finish(ExchangeSource& source, CURLM* multi, std::vector<Slot>& slots) {
  bool any = false;
  int left = 0;
  const MonotonicTime now = clock_.Now();
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    // The message dies with the removal of its handle.
    const CURLcode code = message->data.result;
    CURL* const handle = message->easy_handle;
    Transfer& transfer = Transfer::Of(handle);
    Slot& slot = slots[transfer.slot()];
    const std::optional<MonotonicTime> again =
        FindNextAttempt(transfer, slot.request, code, slot.attempts);
    if (again) {
      slot.is_to_repeat = true;
      slot.not_before = *again;
    } else if (code == CURLE_OK) {
      source.Answered(transfer.slot(), now, slot.request, transfer.TakeAnswer(slot.attempts));
    } else {
      source.Failed(transfer.slot(), now, Explain(transfer, slot.request, code, slot.attempts));
    }
    curl_multi_remove_handle(multi, handle);
    slot.is_in_flight = false;
    any = true;
  }
  return any;
}

void ApiClient::Impl::ExchangeMany(ExchangeSource& source, std::size_t slot_count,
                                   int wake_descriptor) {
  const CurlMulti multi(curl_multi_init(), curl_multi_cleanup);
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(slot_count));
  std::vector<Slot> slots(slot_count);
  for (std::size_t i = 0; i < slot_count; ++i) slots[i].transfer = MakeTransfer(i);

  curl_waitfd wake{};
  wake.fd = wake_descriptor;
  wake.events = CURL_WAIT_POLLIN;
  const unsigned wake_count = wake_descriptor >= 0 ? 1 : 0;

  MonotonicTime last_poll = clock_.Now();
  while (const std::optional<MonotonicTime> next = Start(source, multi.get(), slots)) {
    int running = 0;
    curl_multi_perform(multi.get(), &running);
    const bool any_ended = Finish(source, multi.get(), slots);
    const MonotonicTime now = clock_.Now();
    if (!source.Continue(now)) break;
    // After an answer there is more to send; but the wake descriptor must not starve.
    if (any_ended && now - last_poll < kLongestTimeWithoutPoll) continue;
    const auto wait = any_ended ? std::chrono::milliseconds::zero()
                                : std::min(RoundUp(*next - now), kLongestRound);
    curl_multi_poll(multi.get(), &wake, wake_count, static_cast<int>(wait.count()), nullptr);
    last_poll = now;
    if (wake.revents != 0) break;
  }
  for (Slot& slot : slots) {
    if (slot.is_in_flight) curl_multi_remove_handle(multi.get(), slot.transfer->handle());
  }
}

ApiClient::ApiClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ApiClient::~ApiClient() = default;

Status ApiClient::CheckEndpoint(const std::string& endpoint) {
  const Result<Endpoint> parsed = ParseEndpoint(endpoint);
  return parsed.ok() ? Status() : parsed.error();
}

Result<std::unique_ptr<ApiClient>> ApiClient::Open(const Options& options, const Clock& clock) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return Error{ErrorCode::kInternal, "the HTTP library could not be started", {}};
  }
  Result<Endpoint> endpoint = ParseEndpoint(options.endpoint);
  if (!endpoint.ok()) {
    curl_global_cleanup();
    return endpoint.error();
  }
  return std::unique_ptr<ApiClient>(
      new ApiClient(std::make_unique<Impl>(options, *endpoint, clock)));
}

Result<Answer> ApiClient::Exchange(const Request& request) { return impl_->Exchange(request); }

void ApiClient::ExchangeMany(ExchangeSource& source, std::size_t slots, int wake_descriptor) {
  impl_->ExchangeMany(source, slots, wake_descriptor);
}

Result<Answer> ApiClient::ExchangeStream(const StreamRequest& request, StreamWatch& watch) {
  return impl_->ExchangeStream(request, watch);
}

const std::string& ApiClient::endpoint() const { return impl_->endpoint(); }

std::string ApiClient::Describe(const Request& request) const { return impl_->Describe(request); }

}  // namespace products::cli
