#pragma once

#include <termios.h>

#include <csignal>
#include <ostream>
#include <string>
#include <vector>

#include "cli/io.h"
#include "core/base/result.h"

namespace products::cli {

/// The whole terminal, for a view that is drawn over and over: the alternate screen, no cursor,
/// keys as they are pressed. The destructor gives the terminal back as it was. While it lives, no
/// signal that a terminal or a supervisor sends to end a program (SIGINT, SIGTERM, SIGHUP, SIGQUIT)
/// kills it: each is an event. Make it before any other thread exists. Moves only on its way out of
/// Enter.
class FullScreen {
 public:
  /// `out` goes to `screen` and must outlive it. kInternal when the terminal or the signals cannot
  /// be had; nothing is changed then.
  static Result<FullScreen> Enter(std::ostream& out, Terminal screen, Terminal keys);
  ~FullScreen();
  FullScreen(FullScreen&& other) noexcept;
  FullScreen& operator=(FullScreen&&) = delete;

  enum class Event {
    kNone,
    kQuit,       ///< the key q, or no more keys: the terminal is gone
    kInterrupt,  ///< Ctrl-C or another signal that ends programs
    kResize,
  };
  /// The gravest event since the last call.
  Event TakeEvent();
  /// Readable when there is one; for poll.
  int descriptor() const { return wake_; }

  int Columns() const { return screen_.Columns(); }
  int Rows() const { return screen_.Rows(); }
  /// Draws these lines, each no wider than the screen and no more than it has rows.
  void Draw(const std::vector<std::string>& lines);

 private:
  FullScreen(std::ostream& out, Terminal screen, Terminal keys);

  Event ReadSignals() const;
  Event ReadKeys();

  std::ostream* out_;
  Terminal screen_;
  Terminal keys_;
  int signals_ = -1;
  int wake_ = -1;
  sigset_t previous_mask_{};
  termios previous_mode_{};
};

}  // namespace products::cli
