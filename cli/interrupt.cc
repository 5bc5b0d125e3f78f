#include "cli/interrupt.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace products::cli {
namespace {

constexpr int kInterruptedStatus = 130;

bool IsIgnored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool IsReadable(int descriptor) {
  pollfd ready{descriptor, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

}  // namespace

Result<Interrupt> Interrupt::Watch(Patience patience) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  if (!IsIgnored(SIGHUP)) sigaddset(&signals, SIGHUP);
  sigset_t previous_mask;
  ::pthread_sigmask(SIG_BLOCK, &signals, &previous_mask);
  const int descriptor = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor < 0) {
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &previous_mask, nullptr);
    return ErrnoError(ErrorCode::kInternal, "cannot watch for Ctrl-C", error);
  }
  const int stop_descriptor = ::eventfd(0, EFD_CLOEXEC);
  if (stop_descriptor < 0) {
    const int error = errno;
    ::close(descriptor);
    ::pthread_sigmask(SIG_SETMASK, &previous_mask, nullptr);
    return ErrnoError(ErrorCode::kInternal, "cannot watch for Ctrl-C", error);
  }
  Interrupt interrupt(descriptor, stop_descriptor, previous_mask);
  if (patience == Patience::kGrace) {
    interrupt.watchdog_ = std::thread([descriptor, stop_descriptor] {
      std::array<pollfd, 2> ready = {{{stop_descriptor, POLLIN, 0}, {descriptor, POLLIN, 0}}};
      ::poll(ready.data(), ready.size(), -1);
      if (ready[0].revents != 0) return;
      constexpr auto kGraceMs = std::chrono::milliseconds(kGrace).count();
      if (::poll(ready.data(), 1, static_cast<int>(kGraceMs)) == 0) ::_exit(kInterruptedStatus);
    });
  }
  return interrupt;
}

Interrupt::Interrupt(int descriptor, int stop_descriptor, const sigset_t& previous_mask)
    : descriptor_(descriptor), stop_descriptor_(stop_descriptor), previous_mask_(previous_mask) {}

Interrupt::Interrupt(Interrupt&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      stop_descriptor_(std::exchange(other.stop_descriptor_, -1)),
      previous_mask_(other.previous_mask_),
      watchdog_(std::move(other.watchdog_)) {}

Interrupt::~Interrupt() {
  if (descriptor_ < 0) return;
  ::eventfd_write(stop_descriptor_, 1);
  if (watchdog_.joinable()) watchdog_.join();
  ::close(stop_descriptor_);
  // Taken, or it would kill the process the moment it is let through.
  signalfd_siginfo taken;
  while (::read(descriptor_, &taken, sizeof(taken)) == sizeof(taken)) {
  }
  ::close(descriptor_);
  ::pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

bool Interrupt::HasCome() const { return IsReadable(descriptor_); }

}  // namespace products::cli
