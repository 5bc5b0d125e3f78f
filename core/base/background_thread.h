#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace products {

/// The one thread for work that must not hold up an I/O thread or the writer: rendering metrics,
/// freeing replaced records. Runs posted tasks in order and registered ticks at their interval; a
/// task should take milliseconds. Tasks must not throw.
class BackgroundThread {
 public:
  using Task = std::function<void()>;

  /// At most `max_waiting` tasks wait at a time.
  explicit BackgroundThread(std::size_t max_waiting);
  /// Runs what was posted, then joins.
  ~BackgroundThread();
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  /// Any thread. False, and the task not run, when the queue is full or the thread stops.
  [[nodiscard]] bool Post(Task task);

  /// Any thread. From then on `tick` runs about every `interval`, and once more at the stop.
  void AddTick(std::chrono::milliseconds interval, Task tick);

 private:
  struct Tick {
    std::chrono::milliseconds interval;
    std::chrono::steady_clock::time_point due;
    Task run;
  };

  void Run();

  const std::size_t max_waiting_;
  std::mutex mutex_;  // guards what follows up to thread_
  std::condition_variable wake_;
  std::deque<Task> waiting_;
  std::vector<Tick> ticks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace products
