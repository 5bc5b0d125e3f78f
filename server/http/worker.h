#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "server/config/config.h"
#include "server/http/completion.h"
#include "server/http/connection.h"

namespace products {

/// What a listener's workers are told, and they it.
struct ServerState {
  std::atomic<bool> draining{false};
  /// Open connections of all workers, for limits.max_connections.
  std::atomic<std::size_t> connections{0};

  std::mutex limits_mutex;  // guards limits
  Config::Http limits;
  /// Counts the changes of `limits`, so that workers look only when there is one.
  std::atomic<std::uint64_t> limits_version{0};
};

/// What a worker asks of the event loop it runs on.
class Poller {
 public:
  virtual ~Poller() = default;
  /// Whether to wake the worker when the descriptor can be written again.
  virtual void WatchWritable(int descriptor, bool on) = 0;
  /// Forgets and closes the descriptor.
  virtual void Close(int descriptor) = 0;
};

/// One I/O thread's share of the connections: reads, parses, answers, writes and times them. Knows
/// sockets, not the event loop. Every method but the constructor, the destructor and the two
/// readers is for the worker's thread.
class Worker {
 public:
  /// References must outlive the worker.
  Worker(const RouteTable& routes, Services& services, const Clock& clock, ServerState& state,
         Poller& poller);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// How often OnTick is to be called; deadlines are kept to this.
  static constexpr std::chrono::milliseconds kTick{100};

  /// The mailbox's descriptor: readable when OnMail is due.
  int mail_descriptor() const { return mailbox_->descriptor(); }
  bool Owns(int descriptor) const {
    return static_cast<std::size_t>(descriptor) < slots_.size() &&
           slots_[static_cast<std::size_t>(descriptor)].connection != nullptr;
  }

  /// One per wake-up, around all that follows: what time it is.
  void BeginWakeUp();

  void OnConnected(int descriptor);
  /// Refuses those of the new connections that are over the limit. After the event loop has
  /// registered them, for it cannot have them vanish in between.
  void RefuseSurplus();
  void OnReady(int descriptor, bool writable);
  void OnMail();
  /// `expirations`: how many ticks were due since the last call.
  void OnTick(std::uint64_t expirations = 1);

  /// Any thread. When this worker last had a request, as nanoseconds of MonotonicTime.
  std::int64_t last_request() const { return last_request_.load(std::memory_order_relaxed); }
  const WorkerMetrics& metrics() const { return metrics_; }

 private:
  struct Slot {
    std::unique_ptr<Connection> connection;
    /// No later than the connection's own deadline: moved earlier at once, later only when it
    /// passes.
    MonotonicTime deadline = MonotonicTime::max();
    std::string unsent;
    std::size_t sent = 0;
    MonotonicTime send_progress;
    bool lingering = false;
    bool waits_for_room = false;
    bool awaits_turn = false;  // stands in next_turn_
  };

  /// A connection that had its turn and may have more to read.
  struct Turn {
    int descriptor;
    std::uint64_t connection;
  };

  void Serve(Slot& slot, int descriptor);
  void AwaitNextTurn(Slot& slot, int descriptor);
  bool Discard(int descriptor);
  bool Flush(Slot& slot, int descriptor);
  bool SendRest(Slot& slot, int descriptor);
  void Finish(Slot& slot, int descriptor);
  void Close(Slot& slot, int descriptor);
  void KeepDeadline(Slot& slot);
  void OnDeadline(Slot& slot, int descriptor);
  void TakeLimits();
  void RecordLag(std::uint64_t expirations);

  const Clock& clock_;
  ServerState& state_;
  Poller& poller_;
  WorkerMetrics& metrics_;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  HttpDate date_;
  ConnectionContext context_;
  std::vector<Slot> slots_;  // by descriptor
  std::vector<int> surplus_;
  std::vector<Mailbox::Letter> letters_;
  std::vector<Turn> next_turn_;
  std::string out_;  // responses of the connection at hand
  const std::unique_ptr<char[]> buffer_;
  MonotonicTime now_;
  MonotonicTime next_tick_{};  // when it is due; 0 before the first
  std::uint64_t next_number_ = 1;
  std::uint64_t limits_version_ = 0;
  std::atomic<std::int64_t> last_request_{0};
};

}  // namespace products
