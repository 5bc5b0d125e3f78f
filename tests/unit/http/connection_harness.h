#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/connection.h"
#include "server/service/catalog.h"
#include "tests/unit/storage/held_engine.h"

namespace products::test {

inline constexpr std::string_view kBody = "{\"product_id\":1}\n";
inline constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

/// A connection with everything behind it but sockets: what it is told and what it says are
/// strings, time is a member. Product 1 is there, with kBody.
class ConnectionHarness {
 public:
  explicit ConnectionHarness(Config::Http limits = {});
  ~ConnectionHarness();
  ConnectionHarness(const ConnectionHarness&) = delete;
  ConnectionHarness& operator=(const ConnectionHarness&) = delete;

  /// From memory of their own that is gone afterwards, as a reader's buffer is.
  void Receive(std::string_view bytes);
  /// Waits for an answer of the writer and hands it on.
  void DeliverAnswer();

  /// All output so far, taken.
  std::string TakeOutput();
  /// Of the output so far, taken: "200", "404 close" ...
  std::vector<std::string> TakeStatuses();

  Connection& connection() { return *connection_; }
  /// As when the client is gone.
  void DropConnection() { connection_.reset(); }
  const WorkerMetrics& metrics() const { return worker_; }

  MonotonicTime now{std::chrono::hours(1)};
  ConnectionContext* context = nullptr;
  std::string out;
  HeldEngine engine;

 private:
  SystemClock clock_;
  ProductTable table_;
  std::unique_ptr<CommitObserver> observer_;
  CommitQueue queue_;
  Catalog catalog_;
  ServerMetrics metrics_;
  BackgroundThread background_{10};
  Services services_{catalog_, metrics_, background_};
  WorkerMetrics& worker_;
  const RouteTable routes_{Plane::kBoth};
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  ConnectionContext context_;
  std::unique_ptr<Connection> connection_;
};

/// Requests as text.
std::string GetText(std::string_view target);
/// A valid product.
std::string PostText(std::string_view target);

}  // namespace products::test
