#pragma once

#include <csetjmp>
#include <csignal>

namespace products {

/// Reading a mapped file whose contents or length are not what they should be can touch addresses
/// that are not there. While one of these lives, such a fault ends the read instead of the process.
/// Made and used by one thread; other threads' faults are not touched. One at a time in a process.
class MapFaultGuard {
 public:
  MapFaultGuard();
  ~MapFaultGuard();
  MapFaultGuard(const MapFaultGuard&) = delete;
  MapFaultGuard& operator=(const MapFaultGuard&) = delete;

  /// Calls `read`; false when it was left midway. It must own nothing that a jump out of it would
  /// leak, which is why it is for single calls into C.
  template <typename Read>
  [[nodiscard]] bool Run(const Read& read) {
    sigjmp_buf here;
    // The mask is not saved here, which would cost a system call each time: OnFault restores it.
    if (sigsetjmp(here, 0) != 0) {
      SetReturn(nullptr);
      return false;
    }
    SetReturn(&here);
    read();
    SetReturn(nullptr);
    return true;
  }

  /// Leaves the read of this thread as a fault would. Returns when there is none.
  static void Leave();

 private:
  static void SetReturn(sigjmp_buf* place);
  static void OnFault(int signal);

  struct sigaction old_segv_ {};
  struct sigaction old_bus_ {};
};

}  // namespace products
