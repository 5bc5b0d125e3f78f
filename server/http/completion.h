#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "server/http/message.h"

namespace products {

/// Names one request of one connection for as long as the process lives: the descriptor may be
/// another client's by the time an answer comes, the connection's number never is.
struct RequestAddress {
  int descriptor = -1;
  std::uint64_t connection = 0;
  std::uint64_t request = 0;
};

/// Answers from other threads on their way to a worker. Post: any thread. TakeAll: the worker.
class Mailbox {
 public:
  struct Letter {
    RequestAddress address;
    /// Absent for the receiver of a streamed body, which is to go on.
    std::optional<Response> response;
  };

  /// Opens the eventfd that wakes the worker; owned. kInternal when no descriptor is left:
  /// descriptor() is then -1.
  Mailbox();
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  int descriptor() const { return descriptor_; }
  void Post(Letter letter);
  /// Makes the descriptor readable without a letter. Any thread.
  void Wake();
  /// Replaces what `letters` holds; also takes the wake-up.
  void TakeAll(std::vector<Letter>& letters);

 private:
  int descriptor_;
  std::mutex mutex_;  // guards letters_
  std::vector<Letter> letters_;
};

/// The right and duty to answer one request later, from any thread, exactly once. Destroyed
/// unanswered it answers 500, so that no client waits for ever. If the connection is gone the
/// answer is dropped.
class Completion {
 public:
  Completion(std::shared_ptr<Mailbox> mailbox, RequestAddress address)
      : mailbox_(std::move(mailbox)), address_(address) {}
  Completion(Completion&&) noexcept = default;
  Completion& operator=(Completion&&) = delete;
  ~Completion();

  void Answer(Response response);

  /// Gives the duty back: the handler answers after all, before it returns.
  void Dismiss() { mailbox_ = nullptr; }

 private:
  // Null once answered. Shared: the answer may come when the worker is gone.
  std::shared_ptr<Mailbox> mailbox_;
  RequestAddress address_;
};

/// Calls BodyReceiver::OnResume of one request, on its worker: from any thread, any number of
/// times. Dropped when the receiver is gone.
class Resumption {
 public:
  Resumption(std::shared_ptr<Mailbox> mailbox, RequestAddress address)
      : mailbox_(std::move(mailbox)), address_(address) {}

  void Resume() const { mailbox_->Post({address_, std::nullopt}); }

 private:
  std::shared_ptr<Mailbox> mailbox_;  // shared, as a Completion's
  RequestAddress address_;
};

}  // namespace products
