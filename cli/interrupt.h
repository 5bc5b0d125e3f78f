#pragma once

#include <csignal>

#include "core/base/result.h"

namespace products::cli {

/// Turns Ctrl-C (SIGINT) and SIGTERM from sudden death into something a long operation can end by
/// with a summary. Short commands do without: they may simply die. Make it before any other thread
/// exists; while it lives the signals wait for it, afterwards they do again what they did before.
class Interrupt {
 public:
  static Result<Interrupt> Watch();
  ~Interrupt();
  Interrupt(Interrupt&& other) noexcept;
  Interrupt& operator=(Interrupt&&) = delete;

  /// Readable once a signal has come; for poll.
  int descriptor() const { return descriptor_; }
  bool HasCome() const;

 private:
  Interrupt(int descriptor, const sigset_t& previous_mask);

  int descriptor_;
  sigset_t previous_mask_;
};

}  // namespace products::cli
