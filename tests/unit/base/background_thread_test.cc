#include "core/base/background_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace products {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(BackgroundThread, RunsTasksInTheOrderPostedAndBeforeItEnds) {
  std::vector<int> ran;
  {
    BackgroundThread thread(100);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(thread.Post([&ran, i] { ran.push_back(i); }));
    }
  }
  ASSERT_EQ(ran.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ran[static_cast<std::size_t>(i)], i);
}

TEST(BackgroundThread, RunsThemOnOneThreadOfItsOwn) {
  BackgroundThread thread(2);
  std::promise<std::thread::id> first;
  std::promise<std::thread::id> second;
  ASSERT_TRUE(thread.Post([&first] { first.set_value(std::this_thread::get_id()); }));
  ASSERT_TRUE(thread.Post([&second] { second.set_value(std::this_thread::get_id()); }));
  const std::thread::id id = first.get_future().get();
  EXPECT_EQ(second.get_future().get(), id);
  EXPECT_NE(id, std::this_thread::get_id());
}

TEST(BackgroundThread, RefusesWhatIsOverTheLimitAndTakesMoreOnceThereIsRoom) {
  std::latch started(1);
  std::latch go_on(1);
  std::latch done(2);
  BackgroundThread thread(2);
  ASSERT_TRUE(thread.Post([&] {
    started.count_down();
    go_on.wait();
  }));
  started.wait();  // the running task no longer waits
  EXPECT_TRUE(thread.Post([&done] { done.count_down(); }));
  EXPECT_TRUE(thread.Post([&done] { done.count_down(); }));
  EXPECT_FALSE(thread.Post([] { FAIL() << "a refused task ran"; }));
  go_on.count_down();
  done.wait();
  EXPECT_TRUE(thread.Post([] {}));
}

TEST(BackgroundThread, TaskMayPostAnother) {
  std::promise<bool> inner_ran;
  BackgroundThread thread(1);
  ASSERT_TRUE(thread.Post([&] {
    if (!thread.Post([&inner_ran] { inner_ran.set_value(true); })) inner_ran.set_value(false);
  }));
  EXPECT_TRUE(inner_ran.get_future().get());
}

TEST(BackgroundThread, TickRunsAgainAndAgain) {
  std::latch three(3);
  std::atomic<int> count{0};
  BackgroundThread thread(1);
  thread.AddTick(milliseconds(1), [&] {
    if (++count <= 3) three.count_down();
  });
  three.wait();
  EXPECT_GE(count, 3);
}

TEST(BackgroundThread, TickAddedWhileAnotherIsFarOffDoesNotWaitForIt) {
  std::latch ran(1);
  std::atomic<bool> once{false};
  BackgroundThread thread(1);
  thread.AddTick(hours(1), [] {});
  thread.AddTick(milliseconds(1), [&] {
    if (!once.exchange(true)) ran.count_down();
  });
  ran.wait();
  EXPECT_TRUE(once);
}

TEST(BackgroundThread, EveryTickRunsOnceMoreAtTheStopAfterTheTasks) {
  std::vector<std::string> ran;
  {
    BackgroundThread thread(10);
    thread.AddTick(hours(1), [&ran] { ran.emplace_back("first tick"); });
    thread.AddTick(hours(1), [&ran] { ran.emplace_back("second tick"); });
    ASSERT_TRUE(thread.Post([&ran] { ran.emplace_back("task"); }));
  }
  EXPECT_EQ(ran, (std::vector<std::string>{"task", "first tick", "second tick"}));
}

TEST(BackgroundThread, NothingIsTakenWhileItStops) {
  std::optional<bool> taken;
  {
    auto thread = std::make_unique<BackgroundThread>(10);
    BackgroundThread& stopping = *thread;
    thread->AddTick(hours(1), [&taken, &stopping] { taken = stopping.Post([] {}); });
  }
  EXPECT_EQ(taken, false);
}

// Calls Post when the last copy goes.
class PostsAtItsEnd {
 public:
  PostsAtItsEnd(BackgroundThread& thread, std::promise<bool>& posted)
      : thread_(thread), posted_(posted) {}
  ~PostsAtItsEnd() {
    posted_.set_value(thread_.Post([] {}));
  }
  PostsAtItsEnd(const PostsAtItsEnd&) = delete;
  PostsAtItsEnd& operator=(const PostsAtItsEnd&) = delete;

 private:
  BackgroundThread& thread_;
  std::promise<bool>& posted_;
};

TEST(BackgroundThread, WhatATaskHoldsMayPostWhenItIsDestroyed) {
  std::promise<bool> posted;
  BackgroundThread thread(10);
  ASSERT_TRUE(thread.Post([held = std::make_shared<PostsAtItsEnd>(thread, posted)] {}));
  EXPECT_TRUE(posted.get_future().get());
}

TEST(BackgroundThread, WhatATickHoldsMayPostWhenItIsDestroyed) {
  std::promise<bool> posted;
  {
    BackgroundThread thread(10);
    thread.AddTick(hours(1), [held = std::make_shared<PostsAtItsEnd>(thread, posted)] {});
  }
  EXPECT_FALSE(posted.get_future().get());
}

}  // namespace
}  // namespace products
