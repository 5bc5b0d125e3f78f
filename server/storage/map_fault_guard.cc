#include "server/storage/map_fault_guard.h"

namespace products {
namespace {

thread_local sigjmp_buf* fault_return = nullptr;
// Of the thread that has the guard: a handler that is left by a jump leaves its own mask behind.
sigset_t mask_of_reader;

}  // namespace

MapFaultGuard::MapFaultGuard() {
  struct sigaction action {};
  action.sa_handler = OnFault;
  sigemptyset(&action.sa_mask);
  pthread_sigmask(SIG_SETMASK, nullptr, &mask_of_reader);
  sigaction(SIGSEGV, &action, &old_segv_);
  sigaction(SIGBUS, &action, &old_bus_);
}

MapFaultGuard::~MapFaultGuard() {
  sigaction(SIGSEGV, &old_segv_, nullptr);
  sigaction(SIGBUS, &old_bus_, nullptr);
}

void MapFaultGuard::Leave() {
  if (fault_return != nullptr) siglongjmp(*fault_return, 1);
}

void MapFaultGuard::SetReturn(sigjmp_buf* place) { fault_return = place; }

void MapFaultGuard::OnFault(int signal) {
  if (fault_return != nullptr) pthread_sigmask(SIG_SETMASK, &mask_of_reader, nullptr);
  Leave();
  // Another thread's, and a defect: the instruction repeats and ends the process as it should.
  std::signal(signal, SIG_DFL);
}

}  // namespace products
