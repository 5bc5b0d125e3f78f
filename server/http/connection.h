#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "server/config/config.h"
#include "server/http/body_stream.h"
#include "server/http/completion.h"
#include "server/http/request_parser.h"
#include "server/http/response_writer.h"
#include "server/http/routes.h"

namespace products {

/// What the connections of one worker share. The worker owns it; its thread alone uses it.
struct ConnectionContext {
  const RouteTable& routes;
  Services& services;
  WorkerMetrics& metrics;
  const std::shared_ptr<Mailbox>& mailbox;
  Config::Http limits;
  bool draining = false;
  /// The wall clock of this wake-up, as Date.
  std::string_view date;
};

/// One client's connection: bytes in, responses out, in order; no sockets. While a request waits
/// for its completion, or a streamed body for its receiver, later bytes wait unparsed: no more than
/// one read brought. Belongs to one worker and its thread.
class Connection {
 public:
  Connection(int descriptor, std::uint64_t number, ConnectionContext& context, MonotonicTime now);
  /// Counts the connection and what it left unanswered.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::uint64_t number() const { return number_; }

  /// Each of these appends what is to be sent to `out`, and stops parsing once `out` holds
  /// limits.max_unsent_bytes; the rest waits for OnRoom.
  void OnBytes(std::string_view bytes, MonotonicTime now, std::string& out);
  void OnAnswer(std::uint64_t request, Response response, MonotonicTime now, std::string& out);
  /// The receiver of that request's body may go on.
  void OnResume(std::uint64_t request, MonotonicTime now, std::string& out);
  void OnRoom(MonotonicTime now, std::string& out);
  /// The other connections have had their turn; see NeedsTurn.
  void OnTurn(MonotonicTime now, std::string& out);
  /// The client sends no more; what it asked for is still answered.
  void OnEndOfStream(MonotonicTime now, std::string& out);
  /// At or after deadline(): answers 408 where a request had begun, else just ends.
  void OnDeadline(MonotonicTime now, std::string& out);

  /// Whether bytes should be read from the client: not while a request waits, or output, or at the
  /// end.
  bool WantsBytes() const { return !finished_ && waits_for_ == WaitsFor::kNothing; }
  bool NeedsRoom() const { return waits_for_ == WaitsFor::kRoom; }
  /// Whether it goes on with OnTurn, once it has no output left.
  bool NeedsTurn() const { return !finished_ && waits_for_ == WaitsFor::kTurn; }
  /// Once all output is sent the connection ends.
  bool finished() const { return finished_; }
  /// Whether the client may still be sending when it ends: it must then be read to its end, or the
  /// reset would take the response with it.
  bool MustLinger() const { return !end_of_stream_ && !client_asked_to_close_; }
  /// Between requests, nothing waiting.
  bool Idle() const { return WantsBytes() && !request_begun_ && in_.empty(); }
  MonotonicTime idle_since() const { return last_active_; }

  /// When OnDeadline is due; time_point::max() while only the server is to act.
  MonotonicTime Deadline() const;

  void set_outcome(ConnectionOutcome outcome) { outcome_ = outcome; }
  /// All output so far is with the kernel.
  void RecordAnswered(MonotonicTime now);

 private:
  /// What must happen before parsing goes on.
  enum class WaitsFor : std::uint8_t { kNothing, kAnswer, kResume, kTurn, kRoom };

  /// A response whose body is being made.
  struct StreamedResponse {
    std::unique_ptr<BodySource> source;
    int status;
    bool close;
  };

  struct AnsweredRequest {
    std::size_t metric_route;
    std::size_t metric_method;
    int status;
    MonotonicTime began;
  };

  std::size_t Parse(std::string_view bytes, MonotonicTime now, std::string& out);
  Status CheckNeeds() const;
  bool IsForbidden() const;
  Response Forbid();
  Response RefuseUnloaded(const Error& error);
  void BeginRequest(bool more_bytes, MonotonicTime now, std::string& out);
  void BeginStream(bool more_bytes, MonotonicTime now, std::string& out);
  void Follow(BodyReceiver::Next next, Response& response, bool more_bytes, MonotonicTime now,
              std::string& out);
  void StopWaiting(MonotonicTime now);
  void GoOn(MonotonicTime now, std::string& out);
  Request RequestAtHand() const;
  HandlerContext ContextAtHand();
  void Dispatch(bool more_bytes, MonotonicTime now, std::string& out);
  void Respond(Response& response, bool more_bytes, MonotonicTime now, std::string& out);
  void SendPiece(bool more_bytes, MonotonicTime now, std::string& out);
  void FinishResponse(int status, bool close, bool more_bytes, MonotonicTime now);
  void Refuse(const ParseFailure& failure, MonotonicTime now, std::string& out);
  void StartRequest();
  void FindRoute();
  void KeepHead();
  void CountFailure(int status);

  ConnectionContext& context_;
  const int descriptor_;
  const std::uint64_t number_;
  RequestParser parser_;

  std::string in_;  // unparsed bytes, when any wait
  MonotonicTime last_active_;
  MonotonicTime request_began_;
  // Since when more of the body is awaited: from its header on, a streamed one from its last bytes.
  MonotonicTime body_awaited_;
  WaitsFor waits_for_ = WaitsFor::kNothing;
  bool request_begun_ = false;
  bool end_of_stream_ = false;
  bool finished_ = false;
  bool client_asked_to_close_ = false;
  ConnectionOutcome outcome_ = ConnectionOutcome::kClosedByServer;

  std::size_t open_requests_ = 0;  // begun, and their responses not all with the kernel

  // The request at hand.
  std::uint64_t request_number_ = 0;
  RouteTable::Match match_;
  std::string_view path_;
  std::string path_text_;  // what path_ points to when it had to be decoded
  bool bad_path_ = false;
  std::unique_ptr<BodyReceiver> receiver_;      // while its body is streamed
  std::unique_ptr<StreamedResponse> streamed_;  // while its response is

  std::vector<AnsweredRequest> answered_;  // not yet with the kernel
};

}  // namespace products
