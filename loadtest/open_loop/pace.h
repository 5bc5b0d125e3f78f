#pragma once

#include <chrono>
#include <ctime>

namespace products::open_loop {

/// CLOCK_MONOTONIC, whose zero is any moment before the process.
std::chrono::nanoseconds MonotonicNow();

/// User and system time of the process so far.
std::chrono::nanoseconds ProcessCpuTime();

/// Makes the sleeps of the calling thread end when they should: the kernel otherwise lets them last
/// 50 us longer to save wake-ups, which is as much as a fast answer takes.
void SleepExactly();

/// Sleeps until MonotonicNow() is `time`; not at all when that is past.
void SleepUntil(std::chrono::nanoseconds time);

timespec ToTimespec(std::chrono::nanoseconds duration);

}  // namespace products::open_loop
