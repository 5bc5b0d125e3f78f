#include "tests/load/client_threads.h"

#include <exception>
#include <thread>
#include <utility>

namespace products::load {
namespace {

constexpr std::size_t kKept = 10;

}  // namespace

void Findings::Add(std::string text) {
  const std::lock_guard lock(mutex_);
  ++count_;
  if (first_.size() < kKept) first_.push_back(std::move(text));
}

std::size_t Findings::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

std::string Findings::Text() const {
  const std::lock_guard lock(mutex_);
  std::string text = std::to_string(count_) + " findings";
  for (const std::string& finding : first_) text += "\n  " + finding;
  return text;
}

void RunClients(std::size_t threads, Findings& findings,
                const std::function<void(std::size_t)>& client) {
  std::vector<std::thread> running;
  for (std::size_t number = 0; number < threads; ++number) {
    running.emplace_back([&, number] {
      try {
        client(number);
      } catch (const std::exception& error) {
        findings.Add(error.what());
      }
    });
  }
  for (std::thread& thread : running) thread.join();
}

}  // namespace products::load
