#include "cli/interrupt.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace products::cli {
namespace {

bool IsReadable(int descriptor) {
  pollfd ready{descriptor, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

}  // namespace

Result<Interrupt> Interrupt::Watch() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigset_t previous_mask;
  ::pthread_sigmask(SIG_BLOCK, &signals, &previous_mask);
  const int descriptor = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor < 0) {
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &previous_mask, nullptr);
    return ErrnoError(ErrorCode::kInternal, "cannot watch for Ctrl-C", error);
  }
  return Interrupt(descriptor, previous_mask);
}

Interrupt::Interrupt(int descriptor, const sigset_t& previous_mask)
    : descriptor_(descriptor), previous_mask_(previous_mask) {}

Interrupt::Interrupt(Interrupt&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), previous_mask_(other.previous_mask_) {}

Interrupt::~Interrupt() {
  if (descriptor_ < 0) return;
  // Taken, or it would kill the process the moment it is let through.
  signalfd_siginfo taken;
  while (::read(descriptor_, &taken, sizeof(taken)) == sizeof(taken)) {
  }
  ::close(descriptor_);
  ::pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

bool Interrupt::HasCome() const { return IsReadable(descriptor_); }

}  // namespace products::cli
