#include "server/http/worker.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "server/storage/product_table.h"

namespace products {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
// What one connection may have read at a time: then the others' turn comes, however fast it sends.
constexpr int kReadsPerTurn = 2;
// The worker's scratch for responses is given back above this.
constexpr std::size_t kKeptOutBytes = 256 * 1024;
// How long a connection that we ended is still read, so that its last response is not lost to a
// reset.
constexpr std::chrono::seconds kLinger{2};
// How much is read and thrown away at a time while it lingers.
constexpr int kLingerReads = 16;
// A connection idle for this long while draining is closed; at once would race with a request that
// is on its way.
constexpr std::chrono::milliseconds kDrainIdle{500};

}  // namespace

Worker::Worker(const RouteTable& routes, Services& services, const Clock& clock, ServerState& state,
               Poller& poller)
    : clock_(clock),
      state_(state),
      poller_(poller),
      metrics_(services.metrics.AddWorker()),
      context_{.routes = routes,
               .services = services,
               .metrics = metrics_,
               .mailbox = mailbox_,
               .limits = {},
               .draining = false,
               .date = {}},
      buffer_(std::make_unique<char[]>(kReadBytes)),
      now_(clock.Now()) {
  TakeLimits();
}

Worker::~Worker() = default;

void Worker::TakeLimits() {
  const std::uint64_t version = state_.limits_version.load(std::memory_order_acquire);
  const std::lock_guard lock(state_.limits_mutex);
  context_.limits = state_.limits;
  limits_version_ = version;
}

void Worker::BeginWakeUp() {
  now_ = clock_.Now();
  context_.date = date_.Render(clock_.WallNow());
  context_.draining = state_.draining.load(std::memory_order_relaxed);
}

void Worker::OnConnected(int descriptor) {
  const auto index = static_cast<std::size_t>(descriptor);
  if (index >= slots_.size()) slots_.resize(index + 1);
  Slot& slot = slots_[index];
  slot = Slot();
  slot.connection = std::make_unique<Connection>(descriptor, next_number_++, context_, now_);
  slot.deadline = slot.connection->Deadline();
  if (state_.connections.fetch_add(1, std::memory_order_relaxed) >=
      context_.limits.max_connections) {
    surplus_.push_back(descriptor);
  }
}

void Worker::RefuseSurplus() {
  if (surplus_.empty()) return;
  std::string refusal;
  AppendResponse(refusal,
                 ErrorResponse({ErrorCode::kOverloaded, "too many connections are open", {}}),
                 {.head_only = false,
                  .close = true,
                  .cors_allow_origin = context_.limits.cors_allow_origin,
                  .date = context_.date});
  for (const int descriptor : surplus_) {
    Slot& slot = slots_[static_cast<std::size_t>(descriptor)];
    // Best effort: the socket is new, so its buffer is empty.
    (void)::send(descriptor, refusal.data(), refusal.size(), MSG_NOSIGNAL);
    slot.connection->set_outcome(ConnectionOutcome::kRefused);
    Close(slot, descriptor);
  }
  surplus_.clear();
}

void Worker::OnReady(int descriptor, bool writable) {
  if (!Owns(descriptor)) return;
  Slot& slot = slots_[static_cast<std::size_t>(descriptor)];
  if (slot.lingering) {
    if (!Discard(descriptor)) Close(slot, descriptor);
    return;
  }
  if (writable && !slot.unsent.empty() && !SendRest(slot, descriptor)) return;
  Serve(slot, descriptor);
}

// Edge-triggered: parses and reads until EAGAIN or the end of the stream, or until the connection
// must wait for its own output, an answer or its next turn; each of those comes back here.
void Worker::Serve(Slot& slot, int descriptor) {
  Connection& connection = *slot.connection;
  int reads = 0;
  while (slot.unsent.empty()) {
    if (connection.NeedsRoom() || out_.size() >= context_.limits.max_unsent_bytes) {
      if (!Flush(slot, descriptor)) return;
      if (slot.unsent.empty()) connection.OnRoom(now_, out_);
      continue;
    }
    if (!connection.WantsBytes()) break;
    if (++reads > kReadsPerTurn) {
      AwaitNextTurn(slot, descriptor);
      break;
    }
    const ssize_t n = ::recv(descriptor, buffer_.get(), kReadBytes, 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      connection.set_outcome(ConnectionOutcome::kReset);
      Close(slot, descriptor);
      return;
    }
    if (n == 0) {
      connection.OnEndOfStream(now_, out_);
      break;
    }
    metrics_.AddBytes(static_cast<std::size_t>(n), 0);
    last_request_.store(now_.time_since_epoch().count(), std::memory_order_relaxed);
    connection.OnBytes({buffer_.get(), static_cast<std::size_t>(n)}, now_, out_);
  }
  if (!Flush(slot, descriptor)) return;
  if (connection.NeedsTurn() && slot.unsent.empty()) AwaitNextTurn(slot, descriptor);
  KeepDeadline(slot);
}

void Worker::OnMail() {
  mailbox_->TakeAll(letters_);
  for (Mailbox::Letter& letter : letters_) {
    const int descriptor = letter.address.descriptor;
    if (!Owns(descriptor)) continue;
    Slot& slot = slots_[static_cast<std::size_t>(descriptor)];
    if (slot.connection->number() != letter.address.connection || slot.lingering) continue;
    // Behind what is unsent, so that all of it together counts against the limit.
    std::string& out = slot.unsent.empty() ? out_ : slot.unsent;
    if (letter.response) {
      slot.connection->OnAnswer(letter.address.request, std::move(*letter.response), now_, out);
    } else {
      slot.connection->OnResume(letter.address.request, now_, out);
    }
    Serve(slot, descriptor);
  }
  letters_.clear();
  // Those that are not through in this turn either put themselves into the next.
  for (const Turn& turn : std::exchange(next_turn_, {})) {
    if (!Owns(turn.descriptor)) continue;
    Slot& slot = slots_[static_cast<std::size_t>(turn.descriptor)];
    if (slot.connection->number() != turn.connection) continue;
    slot.awaits_turn = false;
    if (slot.lingering) continue;
    if (slot.unsent.empty()) slot.connection->OnTurn(now_, out_);
    Serve(slot, turn.descriptor);
  }
}

// Once, however often the connection is woken until then.
void Worker::AwaitNextTurn(Slot& slot, int descriptor) {
  if (std::exchange(slot.awaits_turn, true)) return;
  next_turn_.push_back({descriptor, slot.connection->number()});
  mailbox_->Wake();
}

// Sends `out_`, which is empty while older bytes are unsent, or as much as the socket takes, and
// keeps the rest. False when the connection is gone or lingers.
bool Worker::Flush(Slot& slot, int descriptor) {
  if (slot.unsent.empty()) {
    std::size_t sent = 0;
    while (sent < out_.size()) {
      const ssize_t n = ::send(descriptor, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
      if (n > 0) {
        sent += static_cast<std::size_t>(n);
        continue;
      }
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      slot.connection->set_outcome(ConnectionOutcome::kReset);
      Close(slot, descriptor);
      return false;
    }
    metrics_.AddBytes(0, sent);
    if (sent < out_.size()) {
      slot.unsent.assign(out_, sent);
      slot.sent = 0;
      slot.send_progress = now_;
    } else if (sent > 0) {
      slot.connection->RecordAnswered(clock_.Now());
    }
  }
  out_.clear();
  if (out_.capacity() > kKeptOutBytes) out_ = std::string();
  if (!slot.unsent.empty()) {
    if (!slot.waits_for_room) {
      slot.waits_for_room = true;
      poller_.WatchWritable(descriptor, true);
    }
    KeepDeadline(slot);
    return true;
  }
  if (!slot.connection->finished()) return true;
  Finish(slot, descriptor);
  return false;
}

// False when the connection is gone or lingers.
bool Worker::SendRest(Slot& slot, int descriptor) {
  while (slot.sent < slot.unsent.size()) {
    const ssize_t n = ::send(descriptor, slot.unsent.data() + slot.sent,
                             slot.unsent.size() - slot.sent, MSG_NOSIGNAL);
    if (n > 0) {
      slot.sent += static_cast<std::size_t>(n);
      slot.send_progress = now_;
      metrics_.AddBytes(0, static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
    slot.connection->set_outcome(ConnectionOutcome::kReset);
    Close(slot, descriptor);
    return false;
  }
  slot.unsent = std::string();
  slot.sent = 0;
  slot.waits_for_room = false;
  poller_.WatchWritable(descriptor, false);
  slot.connection->RecordAnswered(clock_.Now());
  if (!slot.connection->finished()) return true;
  Finish(slot, descriptor);
  return false;
}

// All output is sent and the connection is over.
void Worker::Finish(Slot& slot, int descriptor) {
  if (!slot.connection->MustLinger()) return Close(slot, descriptor);
  ::shutdown(descriptor, SHUT_WR);
  slot.lingering = true;
  slot.deadline = now_ + kLinger;
  if (!Discard(descriptor)) Close(slot, descriptor);
}

// Reads and forgets. False at the end of the stream or an error.
bool Worker::Discard(int descriptor) {
  for (int i = 0; i < kLingerReads; ++i) {
    const ssize_t n = ::recv(descriptor, buffer_.get(), kReadBytes, 0);
    if (n > 0) continue;
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  }
  return true;  // The next tick reads on: others come first.
}

void Worker::Close(Slot& slot, int descriptor) {
  // Rendered for this connection and not sent: the next one must not get it.
  out_.clear();
  slot.connection.reset();
  slot.unsent = std::string();
  slot.lingering = false;
  slot.deadline = MonotonicTime::max();
  state_.connections.fetch_sub(1, std::memory_order_relaxed);
  poller_.Close(descriptor);
}

void Worker::KeepDeadline(Slot& slot) {
  const MonotonicTime deadline = slot.unsent.empty()
                                     ? slot.connection->Deadline()
                                     : slot.send_progress + context_.limits.write_timeout;
  if (deadline < slot.deadline) slot.deadline = deadline;
}

// A tick that is late says how long this thread was busy or did not get a processor: what came
// meanwhile waited as long.
void Worker::RecordLag(std::uint64_t expirations) {
  // When the first one was due nobody knows, nor the timer's phase: the earliest tick shows it.
  if (next_tick_ == MonotonicTime{} || now_ < next_tick_) next_tick_ = now_;
  metrics_.RecordLag(now_ - next_tick_);
  // The timer keeps its pace, however late its ticks are taken.
  next_tick_ += static_cast<int>(expirations) * kTick;
}

void Worker::OnTick(std::uint64_t expirations) {
  RecordLag(expirations);
  const bool has_new_limits =
      state_.limits_version.load(std::memory_order_acquire) != limits_version_;
  if (has_new_limits) TakeLimits();
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    Slot& slot = slots_[index];
    if (slot.connection == nullptr) continue;
    const int descriptor = static_cast<int>(index);
    if (context_.draining && !slot.lingering && slot.unsent.empty() && slot.connection->Idle() &&
        now_ - slot.connection->idle_since() >= kDrainIdle) {
      slot.connection->set_outcome(ConnectionOutcome::kDrained);
      Close(slot, descriptor);
      continue;
    }
    if (slot.lingering && !Discard(descriptor)) {
      Close(slot, descriptor);
      continue;
    }
    if (has_new_limits && !slot.lingering) KeepDeadline(slot);
    if (slot.deadline <= now_) OnDeadline(slot, descriptor);
  }
}

void Worker::OnDeadline(Slot& slot, int descriptor) {
  if (slot.lingering) return Close(slot, descriptor);
  const bool sending = !slot.unsent.empty();
  const MonotonicTime deadline =
      sending ? slot.send_progress + context_.limits.write_timeout : slot.connection->Deadline();
  if (deadline > now_) {
    slot.deadline = deadline;
    return;
  }
  if (sending) {
    slot.connection->set_outcome(ConnectionOutcome::kWriteTimeout);
    Close(slot, descriptor);
    return;
  }
  slot.connection->OnDeadline(now_, out_);
  (void)Flush(slot, descriptor);
}

}  // namespace products
