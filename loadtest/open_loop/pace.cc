#include "loadtest/open_loop/pace.h"

#include <sys/prctl.h>

#include <cerrno>

namespace products::open_loop {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

nanoseconds Read(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

}  // namespace

nanoseconds MonotonicNow() { return Read(CLOCK_MONOTONIC); }

nanoseconds ProcessCpuTime() { return Read(CLOCK_PROCESS_CPUTIME_ID); }

void SleepExactly() { ::prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0); }

void SleepUntil(nanoseconds time) {
  const timespec until = ToTimespec(time);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

timespec ToTimespec(nanoseconds duration) {
  const auto whole = std::chrono::duration_cast<seconds>(duration);
  timespec converted{};
  converted.tv_sec = whole.count();
  converted.tv_nsec = (duration - whole).count();
  return converted;
}

}  // namespace products::open_loop
