#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace products::load {

/// What went wrong in any thread: all are counted, the first few kept. Thread-safe.
class Findings {
 public:
  void Add(std::string text);
  std::size_t count() const;
  /// For the message of a failed test.
  std::string Text() const;

 private:
  mutable std::mutex mutex_;  // guards all below
  std::size_t count_ = 0;
  std::vector<std::string> first_;
};

/// Runs `client` with 0, 1, … in `threads` threads to their end. An exception is a finding and ends
/// its thread.
void RunClients(std::size_t threads, Findings& findings,
                const std::function<void(std::size_t)>& client);

}  // namespace products::load
