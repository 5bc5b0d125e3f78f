#include "core/base/background_thread.h"

#include <algorithm>
#include <utility>

namespace products {

using SteadyTime = std::chrono::steady_clock::time_point;

BackgroundThread::BackgroundThread(std::size_t max_waiting)
    : max_waiting_(max_waiting), thread_([this] { Run(); }) {}

BackgroundThread::~BackgroundThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool BackgroundThread::Post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= max_waiting_) return false;
    waiting_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void BackgroundThread::AddTick(std::chrono::milliseconds interval, Task tick) {
  {
    const std::lock_guard lock(mutex_);
    ticks_.push_back({interval, std::chrono::steady_clock::now() + interval, std::move(tick)});
  }
  wake_.notify_one();
}

void BackgroundThread::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (!waiting_.empty()) {
      Task task = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      task();
      task = nullptr;  // before the lock: what it holds may post when destroyed
      lock.lock();
      continue;
    }
    const SteadyTime now = std::chrono::steady_clock::now();
    SteadyTime next = SteadyTime::max();
    Task due;
    for (Tick& tick : ticks_) {
      if (!due && (stopping_ || tick.due <= now)) {
        // At the stop each tick runs once; an interval that never comes due marks it as run.
        due = stopping_ ? std::exchange(tick.run, nullptr) : tick.run;
        tick.due = now + tick.interval;
      }
      next = std::min(next, tick.due);
    }
    if (due) {
      lock.unlock();
      due();
      due = nullptr;
      lock.lock();
    } else if (stopping_) {
      return;
    } else if (ticks_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, next);
    }
  }
}

}  // namespace products
