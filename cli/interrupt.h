#pragma once

#include <chrono>
#include <csignal>
#include <thread>

#include "core/base/result.h"

namespace products::cli {

/// Turns Ctrl-C (SIGINT), SIGTERM and, unless it is ignored as nohup does, SIGHUP from sudden death
/// into something a long operation can end by with a summary. Short commands do without: they may
/// simply die. Make it before any other thread exists; while it lives the signals wait for it,
/// afterwards they do again what they did before.
///
/// Who does not end within kGrace of a signal waits where no signal reaches him, such as for a pipe
/// that nobody reads: then the process ends at once, with status 130 and without a summary. A
/// thread of its own sees to that.
class Interrupt {
 public:
  static constexpr std::chrono::seconds kGrace{2};
  enum class Patience {
    kGrace,
    kEndless,  ///< For who waits for another program, which may need its time.
  };

  static Result<Interrupt> Watch(Patience patience = Patience::kGrace);
  ~Interrupt();
  Interrupt(Interrupt&& other) noexcept;
  Interrupt& operator=(Interrupt&&) = delete;

  /// Readable once a signal has come; for poll.
  int descriptor() const { return descriptor_; }
  bool HasCome() const;

 private:
  Interrupt(int descriptor, int stop_descriptor, const sigset_t& previous_mask);

  int descriptor_;
  int stop_descriptor_;  // ends the thread
  sigset_t previous_mask_;
  std::thread watchdog_;
};

}  // namespace products::cli
