#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/connection.h"
#include "tests/unit/http/held_services.h"
#include "tests/unit/http/http_text.h"

namespace products::test {

inline constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

/// A connection with everything behind it but sockets: what it is told and what it says are
/// strings, time is a member. Product 1 is there, with kBody.
class ConnectionHarness {
 public:
  explicit ConnectionHarness(Config::Http limits = {},
                             const CommitLimits& commit_limits = HeldServices::kRoomy,
                             std::uint64_t max_table_bytes = std::uint64_t{1} << 30);
  /// With these routes instead of the server's.
  ConnectionHarness(std::span<const Route> routes, Config::Http limits);
  ConnectionHarness(const ConnectionHarness&) = delete;
  ConnectionHarness& operator=(const ConnectionHarness&) = delete;

  /// From memory of their own that is gone afterwards, as a reader's buffer is.
  void Receive(std::string_view bytes);
  /// As a Resumption of that request, counted from 1, and the worker's next turn would.
  void Resume(std::uint64_t request = 1);
  void GiveTurn();
  /// Waits for an answer of the writer and hands it on.
  void DeliverAnswer();
  bool HasMail() const;

  /// All output so far, taken.
  std::string TakeOutput();
  /// Of the output so far, taken: "200", "404 close" ...
  std::vector<std::string> TakeStatuses();

  Connection& connection() { return *connection_; }
  /// As when the client is gone.
  void DropConnection() { connection_.reset(); }
  const WorkerMetrics& metrics() const { return worker_; }
  std::string RenderMetrics() const { return behind.metrics.Render(); }

  MonotonicTime now{std::chrono::hours(1)};
  ConnectionContext* context = nullptr;
  std::string out;

  HeldServices behind;
  HeldEngine& engine = behind.engine;

 private:
  ConnectionHarness(RouteTable routes, Config::Http limits, const CommitLimits& commit_limits,
                    std::uint64_t max_table_bytes);

  WorkerMetrics& worker_;
  const RouteTable routes_;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  ConnectionContext context_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace products::test
