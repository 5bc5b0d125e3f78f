#include "cli/full_screen.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace products::cli {
namespace {

// The alternate screen, then no cursor; and the other way round with all attributes off.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?25h\x1b[?1049l";
// Over what is there, not after erasing it, which would flicker.
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kEraseToEndOfLine = "\x1b[K";
constexpr std::string_view kEraseBelow = "\x1b[J";

sigset_t WatchedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) {
    sigaddset(&signals, signal);
  }
  return signals;
}

bool Watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

bool IsReadableNow(int descriptor) {
  pollfd ready{descriptor, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

}  // namespace

FullScreen::FullScreen(std::ostream& out, Terminal screen, Terminal keys)
    : out_(&out), screen_(screen), keys_(keys) {}

FullScreen::FullScreen(FullScreen&& other) noexcept
    : out_(std::exchange(other.out_, nullptr)),
      screen_(other.screen_),
      keys_(other.keys_),
      signals_(other.signals_),
      wake_(other.wake_),
      previous_mask_(other.previous_mask_),
      previous_mode_(other.previous_mode_) {}

Result<FullScreen> FullScreen::Enter(std::ostream& out, Terminal screen, Terminal keys) {
  FullScreen entered(out, screen, keys);
  const auto fail = [&entered](const char* what) {
    const int error = errno;
    if (entered.wake_ >= 0) ::close(entered.wake_);
    if (entered.signals_ >= 0) ::close(entered.signals_);
    entered.out_ = nullptr;
    return ErrnoError(ErrorCode::kInternal, what, error);
  };
  const sigset_t signals = WatchedSignals();
  const int key_descriptor = keys.file_descriptor();
  if (::tcgetattr(key_descriptor, &entered.previous_mode_) != 0) {
    return fail("cannot ask the terminal for its mode");
  }
  entered.signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  entered.wake_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (entered.signals_ < 0 || entered.wake_ < 0 || !Watch(entered.wake_, entered.signals_) ||
      !Watch(entered.wake_, key_descriptor)) {
    return fail("cannot watch for keys and signals");
  }
  // From here on no signal ends the process before the destructor has run.
  ::pthread_sigmask(SIG_BLOCK, &signals, &entered.previous_mask_);
  termios mode = entered.previous_mode_;
  mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  mode.c_cc[VMIN] = 0;
  mode.c_cc[VTIME] = 0;
  // Ctrl-Z would leave the shell in the alternate screen, Ctrl-\ a core file.
  mode.c_cc[VSUSP] = _POSIX_VDISABLE;
  mode.c_cc[VQUIT] = _POSIX_VDISABLE;
  ::tcsetattr(key_descriptor, TCSANOW, &mode);
  out << kEnter << std::flush;
  return entered;
}

FullScreen::~FullScreen() {
  if (out_ == nullptr) return;
  // Also when an earlier write has failed: what is written may get through.
  out_->clear();
  *out_ << kLeave << std::flush;
  ::tcsetattr(keys_.file_descriptor(), TCSANOW, &previous_mode_);
  // Taken, or they would kill the process the moment they are let through.
  ReadSignals();
  ::close(signals_);
  ::close(wake_);
  ::pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

FullScreen::Event FullScreen::ReadSignals() const {
  Event event = Event::kNone;
  signalfd_siginfo signal;
  while (::read(signals_, &signal, sizeof(signal)) == sizeof(signal)) {
    if (signal.ssi_signo != SIGWINCH) {
      event = Event::kInterrupt;
    } else if (event == Event::kNone) {
      event = Event::kResize;
    }
  }
  return event;
}

FullScreen::Event FullScreen::ReadKeys() {
  if (!IsReadableNow(keys_.file_descriptor())) return Event::kNone;
  std::array<char, 64> keys;
  const ssize_t count = ::read(keys_.file_descriptor(), keys.data(), keys.size());
  // Readable without bytes: the terminal has hung up.
  if (count <= 0) return Event::kQuit;
  const std::string_view typed(keys.data(), static_cast<std::size_t>(count));
  return typed.find_first_of("qQ") == std::string_view::npos ? Event::kNone : Event::kQuit;
}

FullScreen::Event FullScreen::TakeEvent() {
  const Event signal = ReadSignals();
  if (signal == Event::kInterrupt) return signal;
  const Event key = ReadKeys();
  return key == Event::kNone ? signal : key;
}

void FullScreen::Draw(const std::vector<std::string>& lines) {
  std::string text(kHome);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) text += "\r\n";
    text.append(lines[i]).append(kEraseToEndOfLine);
  }
  text += kEraseBelow;
  *out_ << text << std::flush;
}

}  // namespace products::cli
