#include "server/http/completion.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace products {

Mailbox::Mailbox() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Mailbox::~Mailbox() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Mailbox::Post(Letter letter) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = letters_.empty();
    letters_.push_back(std::move(letter));
  }
  // One wake-up serves all letters until the worker takes them.
  if (was_empty) Wake();
}

void Mailbox::Wake() { (void)::eventfd_write(descriptor_, 1); }

void Mailbox::TakeAll(std::vector<Letter>& letters) {
  letters.clear();
  eventfd_t count = 0;
  (void)::eventfd_read(descriptor_, &count);
  const std::lock_guard lock(mutex_);
  letters.swap(letters_);
}

Completion::~Completion() {
  if (mailbox_ != nullptr) Answer(ErrorResponse({ErrorCode::kInternal, {}, {}}));
}

void Completion::Answer(Response response) {
  std::exchange(mailbox_, nullptr)->Post({address_, std::move(response)});
}

}  // namespace products
