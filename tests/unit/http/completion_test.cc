#include "server/http/completion.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

// Runs once, in the mailbox's narrow place.
std::function<void()> before_wake_up_is_taken;

}  // namespace

// Stands in for the C library's, so that a test can be there.
extern "C" int eventfd_read(int descriptor, eventfd_t* value) {
  if (const auto run = std::exchange(before_wake_up_is_taken, nullptr)) run();
  return ::read(descriptor, value, sizeof *value) == sizeof *value ? 0 : -1;
}

namespace products {
namespace {

bool IsWoken(const Mailbox& mailbox, int patience_milliseconds = 0) {
  pollfd wait{mailbox.descriptor(), POLLIN, 0};
  return ::poll(&wait, 1, patience_milliseconds) == 1;
}

std::vector<Mailbox::Letter> TakeAll(Mailbox& mailbox) {
  std::vector<Mailbox::Letter> letters;
  mailbox.TakeAll(letters);
  return letters;
}

Response WithStatus(int status) {
  Response response;
  response.status = status;
  return response;
}

TEST(Completion, AnswersTheRequestItIsFor) {
  const auto mailbox = std::make_shared<Mailbox>();
  EXPECT_FALSE(IsWoken(*mailbox));
  {
    Completion completion(mailbox, {5, 77, 3});
    Completion moved(std::move(completion));
    moved.Answer(WithStatus(204));
  }
  EXPECT_TRUE(IsWoken(*mailbox));
  const std::vector<Mailbox::Letter> letters = TakeAll(*mailbox);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].address.descriptor, 5);
  EXPECT_EQ(letters[0].address.connection, 77U);
  EXPECT_EQ(letters[0].address.request, 3U);
  EXPECT_EQ(letters[0].response->status, 204);
  EXPECT_FALSE(IsWoken(*mailbox));
  EXPECT_TRUE(TakeAll(*mailbox).empty());
}

TEST(Completion, DroppedUnansweredIs500) {
  const auto mailbox = std::make_shared<Mailbox>();
  { const Completion dropped(mailbox, {1, 2, 3}); }
  const std::vector<Mailbox::Letter> letters = TakeAll(*mailbox);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].response->status, 500);
}

TEST(Completion, DismissedAnswersNothing) {
  const auto mailbox = std::make_shared<Mailbox>();
  {
    Completion dismissed(mailbox, {1, 2, 3});
    dismissed.Dismiss();
  }
  EXPECT_FALSE(IsWoken(*mailbox));
  EXPECT_TRUE(TakeAll(*mailbox).empty());
}

TEST(Completion, OutlivesItsWorker) {
  auto mailbox = std::make_shared<Mailbox>();
  Completion completion(mailbox, {1, 2, 3});
  mailbox.reset();
  completion.Answer(WithStatus(204));
}

// No letter is lost and none waits for the next one's wake-up, however posts and takes fall.
TEST(Completion, EveryAnswerFromManyThreadsWakesTheWorker) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kEach = 5'000;
  const auto mailbox = std::make_shared<Mailbox>();
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&mailbox, thread] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        Completion(mailbox, {1, thread, i}).Answer(WithStatus(204));
      }
    });
  }
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::vector<Mailbox::Letter> letters;
  std::vector<std::uint64_t> next(kThreads);
  while (seen.size() < kThreads * kEach) {
    ASSERT_TRUE(IsWoken(*mailbox, 30'000)) << "after " << seen.size();
    mailbox->TakeAll(letters);
    for (const Mailbox::Letter& letter : letters) {
      EXPECT_EQ(letter.address.request, next[letter.address.connection]++);
      EXPECT_TRUE(seen.emplace(letter.address.connection, letter.address.request).second);
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(TakeAll(*mailbox).empty());
}

TEST(Completion, AnAnswerAmidATakeIsTakenOrWakesTheWorkerAgain) {
  const auto mailbox = std::make_shared<Mailbox>();
  before_wake_up_is_taken = [&mailbox] { Completion(mailbox, {1, 2, 3}).Answer(WithStatus(204)); };
  const std::size_t taken = TakeAll(*mailbox).size();
  EXPECT_EQ(before_wake_up_is_taken, nullptr) << "it posted nothing";
  EXPECT_TRUE(taken == 1 || IsWoken(*mailbox));
}

}  // namespace
}  // namespace products
