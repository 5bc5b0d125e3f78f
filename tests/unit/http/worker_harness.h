#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/worker.h"
#include "tests/unit/http/held_services.h"

namespace products::test {

/// The client's end of a connection. What it sends and reads never waits.
class WorkerClient {
 public:
  WorkerClient(int descriptor, int at_server) : descriptor_(descriptor), at_server_(at_server) {}
  ~WorkerClient() { Close(); }
  WorkerClient(const WorkerClient&) = delete;
  WorkerClient& operator=(const WorkerClient&) = delete;

  /// The connection's descriptor at the worker.
  int at_server() const { return at_server_; }

  /// How much of it the socket took.
  std::size_t Send(std::string_view bytes);
  void HalfClose();
  /// Ends it; with bytes unread the worker sees a reset.
  void Close();

  /// What has come by now; at most `most` bytes.
  std::string Read(std::size_t most = std::size_t{1} << 30);
  /// Whether the worker has ended the connection and nothing before that is unread.
  bool AtEnd();

 private:
  int descriptor_;
  int at_server_;
};

/// A worker over real sockets, without an event loop: the test is the loop, and time is its own.
class WorkerHarness final : public Poller {
 public:
  explicit WorkerHarness(const Config::Http& limits = {});
  /// With these routes instead of the server's.
  WorkerHarness(std::span<const Route> routes, const Config::Http& limits);
  ~WorkerHarness() override;

  /// With `send_buffer` bytes of SO_SNDBUF at the worker's end when not 0.
  std::unique_ptr<WorkerClient> Connect(int send_buffer = 0);

  /// One wake-up each, as the event loop would make it; an edge is told once.
  void WakeReadable(const WorkerClient& client) { Wake(client, false); }
  void WakeWritable(const WorkerClient& client) { Wake(client, true); }
  /// Waits for an answer of the writer first.
  void WakeForMail();
  void Tick();
  /// Ticks after `time`.
  void TickAfter(std::chrono::milliseconds time);

  /// Sends `request`, wakes the worker, and reads what it says.
  std::string Ask(WorkerClient& client, std::string_view request);

  bool Owns(const WorkerClient& client) const { return worker_->Owns(client.at_server()); }
  std::uint64_t ended(ConnectionOutcome outcome) const { return metrics().ended(outcome); }
  const WorkerMetrics& metrics() const { return worker_->metrics(); }
  std::int64_t last_request() const { return worker_->last_request(); }

  HeldServices behind;
  HeldEngine& engine = behind.engine;
  ManualClock& clock = behind.clock;
  ServerState state;
  /// What was asked of the event loop: "watch", "unwatch".
  std::vector<std::string> asked;

 private:
  WorkerHarness(RouteTable routes, const Config::Http& limits);
  void Wake(const WorkerClient& client, bool writable);
  void WatchWritable(int descriptor, bool on) override;
  void Close(int descriptor) override;

  const RouteTable routes_;
  std::vector<int> open_;  // the worker's ends
  std::unique_ptr<Worker> worker_;
};

}  // namespace products::test
