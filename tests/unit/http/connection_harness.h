#pragma once

#include <memory>
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
  ConnectionHarness(const ConnectionHarness&) = delete;
  ConnectionHarness& operator=(const ConnectionHarness&) = delete;

  /// From memory of their own that is gone afterwards, as a reader's buffer is.
  void Receive(std::string_view bytes);
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
  WorkerMetrics& worker_;
  const RouteTable routes_{Plane::kBoth};
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  ConnectionContext context_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace products::test
