#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "cli/body_stream.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace products::cli {

enum class Method { kGet, kPost, kDelete };

/// "GET", "POST", "DELETE".
const char* MethodName(Method method);

struct Request {
  Method method = Method::kGet;
  std::string path;  ///< begins with "/"; goes behind the endpoint's own path
  std::string body;  ///< JSON; sent with kPost only
  /// The values of If-Match and If-None-Match, such as "\"abc\"" or "*"; empty sends none.
  std::string if_match = {};
  std::string if_none_match = {};
  /// Whether doing it twice is doing it once, so that it may be sent again after a failure.
  bool is_repeatable = false;
};

/// An answer of any status, whole: a short or endless body never gets this far.
struct Answer {
  int status = 0;
  std::string content_type;
  std::string body;
  /// What Retry-After asks for, when it was sent in seconds.
  std::optional<std::chrono::seconds> retry_after = std::nullopt;
  std::string etag = {};  ///< as sent, with its quotes; empty without one
  int attempts = 1;       ///< how often the request was sent
  /// An earlier attempt may have been carried out, though its answer never came.
  bool follows_unknown_outcome = false;
};

/// What ExchangeMany sends, and who hears how it went. A slot is one request in flight; the same
/// slot is asked again only after its last request has been answered or has failed.
class ExchangeSource {
 public:
  virtual ~ExchangeSource() = default;

  enum class Action {
    kSend,      ///< `request` is filled in.
    kWait,      ///< Nothing to send before `until`.
    kFinished,  ///< This slot has nothing to send any more.
  };
  struct Step {
    Action action = Action::kFinished;
    MonotonicTime until{};
  };

  /// What slot `slot` does next. `request` is what the slot sent last: reusing its strings saves
  /// allocations, leaving it as it is repeats it.
  virtual Step Next(std::size_t slot, MonotonicTime now, Request& request) = 0;
  virtual void Answered(std::size_t slot, MonotonicTime now, const Request& request,
                        const Answer& answer) = 0;
  virtual void Failed(std::size_t slot, MonotonicTime now, const Error& error) = 0;
  /// After each round, at least every 125 ms; false ends the exchange with requests in flight.
  virtual bool Continue(MonotonicTime now) = 0;
};

/// Speaks HTTP with one server over connections it keeps open. One thread at a time: make one per
/// thread. Nothing of the transport library shows: a failure is an Error whose message begins with
/// the method and the URL and says in words what happened.
///
/// kUnavailable: no connection (refused, no such host, TLS), or one that broke before the whole
/// answer had come. kTimeout: no whole answer in time. kCorrupt: not HTTP, or larger than the
/// limit. Redirects are not followed. HTTP proxies of the environment are used, except for this
/// machine's own addresses.
///
/// A request that is_repeatable is sent again, up to Options::retries times and within its timeout,
/// when there was no connection, it broke, or the server answered 429, 502, 503 or 504; Retries
/// (retries.h) says after which pause. The caller sees the last outcome alone.
class ApiClient {
 public:
  struct Options {
    /// http://HOST[:PORT][/PREFIX] or https://...; "HOST:PORT" alone stands for http.
    std::string endpoint;
    /// From the start of one request to the last byte of its answer, repetitions and the pauses
    /// before them included.
    std::chrono::milliseconds timeout{10'000};
    int retries = 0;
    /// Of one answer's body; the server is not trusted to be brief.
    std::size_t max_body_bytes = 1024 * 1024;
  };

  /// kInvalidArgument when `endpoint` is not a URL that Open takes; who checks adds where it is
  /// from.
  static Status CheckEndpoint(const std::string& endpoint);

  /// Fails as CheckEndpoint does. Connects to nothing yet.
  static Result<std::unique_ptr<ApiClient>> Open(const Options& options, const Clock& clock);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  /// Sends one request and waits for its answer; a pause before a repetition is slept.
  Result<Answer> Exchange(const Request& request);

  /// Sends what `source` gives, up to `slots` requests at a time, each on a connection of its own,
  /// until every slot is finished, `source` ends it, or `wake_descriptor` (-1: none) is readable.
  /// The calling thread drives all connections, which measured faster than a thread for each and
  /// needs no locks in `source`.
  void ExchangeMany(ExchangeSource& source, std::size_t slots, int wake_descriptor);

  /// Sends one request whose body may come from a source and whose answer's may go to a sink, of
  /// any length, in constant memory. No limit of time for the whole: kTimeout when nothing is sent
  /// or received for as long as the timeout. kInternal when the sink ended it, kUnavailable when
  /// `watch` did, which both know of. A source may be read in part only: an answer may come early.
  Result<Answer> ExchangeStream(const StreamRequest& request, StreamWatch& watch);

  /// The endpoint in its full form, without a "/" at the end: "http://127.0.0.1:8080".
  const std::string& endpoint() const;
  /// For messages: "GET http://127.0.0.1:8080/products/1".
  std::string Describe(const Request& request) const;

 private:
  class Impl;
  explicit ApiClient(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace products::cli
