#include "server/http/worker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/http/http_text.h"
#include "tests/unit/http/worker_harness.h"

namespace products::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Statuses = std::vector<std::string>;

// A socket that takes a few answers and no more while nobody reads them.
constexpr int kSmallBuffer = 4096;
constexpr int kMany = 200;

std::string Repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// Of 10 kB, so that what is sent is long and what is answered is short.
std::string LongRequest() {
  return "GET /products/1 HTTP/1.1\r\nHost: h\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n";
}

TEST(Worker, ReadsUntilNothingIsLeftForAnEdgeIsToldOnce) {
  WorkerHarness harness;
  const auto client = harness.Connect();
  EXPECT_EQ(StatusesIn(harness.Ask(*client, Repeated(LongRequest(), 12))), Statuses(12, "200"));
  EXPECT_EQ(harness.metrics().received_bytes(), 12 * LongRequest().size());
}

TEST(Worker, WhoSendsWithoutEndGetsATurnAmongTheOthers) {
  WorkerHarness harness;
  const auto busy = harness.Connect();
  const auto other = harness.Connect();
  const int requests = 19;
  const std::string bytes = Repeated(LongRequest(), requests);
  ASSERT_EQ(busy->Send(bytes), bytes.size());
  harness.WakeReadable(*busy);
  std::string answers = busy->Read();
  EXPECT_LT(harness.metrics().received_bytes(), bytes.size());
  EXPECT_EQ(StatusesIn(harness.Ask(*other, GetText("/products/9"))), Statuses{"404"});
  harness.WakeForMail();
  answers += busy->Read();
  EXPECT_EQ(StatusesIn(answers), Statuses(requests, "200"));
}

TEST(Worker, WhoSendsWithoutEndHasOneTurnToComeHoweverOftenItIsWoken) {
  constexpr std::size_t kTurn = 2 * 64 * 1024;
  WorkerHarness harness;
  const auto busy = harness.Connect();
  const std::string bytes = Repeated(LongRequest(), 100);
  std::size_t sent = 0;
  std::size_t received = 0;
  const auto refill = [&] {
    sent += busy->Send(std::string_view(bytes).substr(sent));
    (void)busy->Read();
    ASSERT_GT(sent - received, kTurn) << "the socket holds less than this test needs";
  };
  for (int wake_ups = 0; wake_ups < 3; ++wake_ups) {
    refill();
    harness.WakeReadable(*busy);
    received += kTurn;
    ASSERT_EQ(harness.metrics().received_bytes(), received);
  }
  refill();
  harness.WakeForMail();
  EXPECT_EQ(harness.metrics().received_bytes(), received + kTurn);
}

TEST(Worker, ATurnOfWhoIsGoneIsNotTheNextOnes) {
  WorkerHarness harness;
  {
    const auto gone = harness.Connect();
    gone->Send(Repeated(LongRequest(), 19));
    harness.WakeReadable(*gone);
    gone->Close();
    harness.WakeReadable(*gone);
    ASSERT_FALSE(harness.Owns(*gone));
  }
  const auto next = harness.Connect();
  next->Send(GetText("/products/9"));
  harness.WakeForMail();
  EXPECT_EQ(next->Read(), "") << "its own wake-up is still to come";
  harness.WakeReadable(*next);
  EXPECT_EQ(StatusesIn(next->Read()), Statuses{"404"});
}

TEST(Worker, WhatComesBehindAWriteIsReadWithItsAnswer) {
  WorkerHarness harness;
  const auto client = harness.Connect();
  harness.engine.Hold();
  EXPECT_EQ(harness.Ask(*client, PostText("/products/2/details")), "");
  EXPECT_EQ(harness.Ask(*client, GetText("/products/2")), "");
  client->HalfClose();
  harness.WakeReadable(*client);
  EXPECT_TRUE(harness.Owns(*client));
  harness.engine.LetGo();
  harness.WakeForMail();
  EXPECT_EQ(StatusesIn(client->Read()), (Statuses{"204", "200"}));
  EXPECT_TRUE(client->AtEnd());
  EXPECT_FALSE(harness.Owns(*client));
  EXPECT_EQ(harness.ended(ConnectionOutcome::kClosedByClient), 1U);
}

TEST(Worker, AnAnswerToAClientThatIsGoneReachesNotTheNextOneOfThatDescriptor) {
  WorkerHarness harness({.write_timeout = seconds(1)});
  std::optional<BackgroundHold> hold(harness.behind.background);
  const std::string reads = Repeated(GetText("/products/1"), kMany);
  const auto gone = harness.Connect(kSmallBuffer);
  ASSERT_NE(harness.Ask(*gone, reads + GetText("/metrics")), "");
  harness.WakeReadable(*gone);
  harness.TickAfter(seconds(2));
  ASSERT_EQ(harness.ended(ConnectionOutcome::kWriteTimeout), 1U);

  harness.engine.Hold();
  const auto next = harness.Connect();
  ASSERT_EQ(next->at_server(), gone->at_server());
  // Its write is the request of the same number.
  EXPECT_EQ(StatusesIn(harness.Ask(*next, reads + PostText("/products/2/details"))),
            Statuses(kMany, "200"));
  hold.reset();
  harness.WakeForMail();
  EXPECT_EQ(next->Read(), "");
  harness.engine.LetGo();
  harness.WakeForMail();
  EXPECT_EQ(StatusesIn(next->Read()), Statuses{"204"});
}

TEST(Worker, WhatWasRenderedForAClientThatIsGoneIsNotSentToTheNext) {
  WorkerHarness harness;
  {
    const auto client = harness.Connect();
    client->Send(GetText("/products/1"));
    harness.WakeReadable(*client);
    client->Send(GetText("/products/1"));
    client->Close();  // with an answer unread: a reset behind the second request
    harness.WakeReadable(*client);
    ASSERT_FALSE(harness.Owns(*client));
  }
  EXPECT_EQ(harness.ended(ConnectionOutcome::kReset), 1U);
  EXPECT_EQ(harness.metrics().requests_in_flight(), 0);
  const auto next = harness.Connect();
  EXPECT_EQ(StatusesIn(harness.Ask(*next, GetText("/products/9"))), Statuses{"404"});
}

TEST(Worker, AClientThatDoesNotReadIsNotReadFrom) {
  const std::string request = GetText("/products/1");
  WorkerHarness another;
  const std::string answer = another.Ask(*another.Connect(), request);
  // A wake-up with less than may be unsent, and one with more.
  for (const int at_a_time : {5, kMany}) {
    WorkerHarness harness({.max_unsent_bytes = 8192});
    const auto client = harness.Connect(kSmallBuffer);
    std::string rest;
    std::size_t sent = 0;
    std::optional<std::uint64_t> received;
    // Until its socket takes no more.
    do {
      ASSERT_LT(sent, std::size_t{16} << 20) << "it reads whatever comes";
      rest += Repeated(request, at_a_time);
      const std::size_t taken = client->Send(rest);
      rest.erase(0, taken);
      sent += taken;
      harness.WakeReadable(*client);
      if (!received && !harness.asked.empty()) received = harness.metrics().received_bytes();
    } while (rest.empty());
    EXPECT_EQ(harness.metrics().received_bytes(), received);
    EXPECT_EQ(harness.asked, std::vector<std::string>{"watch"});

    // As the client reads, everything it asked for is answered, once and in full.
    std::string answers;
    for (std::string more = client->Read(); !more.empty(); more = client->Read()) {
      answers += more;
      harness.WakeWritable(*client);
    }
    // Not EXPECT_EQ: it would take minutes to show in what so long texts differ.
    EXPECT_TRUE(answers == Repeated(answer, static_cast<int>(sent / request.size())));
    EXPECT_EQ(harness.metrics().sent_bytes(), answers.size());
    // Woken for room each time that there is none, and never else.
    EXPECT_EQ(harness.asked.back(), "unwatch");
    for (std::size_t i = 0; i < harness.asked.size(); ++i) {
      ASSERT_EQ(harness.asked[i], i % 2 == 0 ? "watch" : "unwatch") << i;
    }
    EXPECT_GT(harness.asked.size(), 2U) << "it was not blocked twice";
  }
}

TEST(Worker, AnAnswerInPiecesIsRecordedOnceItsLastByteIsTaken) {
  WorkerHarness harness;
  const auto client = harness.Connect(kSmallBuffer);
  client->Send(Repeated(GetText("/products/1"), kMany));
  harness.WakeReadable(*client);
  EXPECT_EQ(harness.metrics().requests_in_flight(), kMany);
  while (harness.asked.back() != "unwatch") {
    ASSERT_NE(client->Read(), "");
    harness.WakeWritable(*client);
  }
  EXPECT_EQ(harness.metrics().requests_in_flight(), 0);
}

TEST(Worker, AWriteTimesOutOnlyWhileTheClientTakesNothing) {
  WorkerHarness harness({.write_timeout = seconds(2)});
  const auto client = harness.Connect(kSmallBuffer);
  client->Send(Repeated(GetText("/products/1"), 5 * kMany));
  harness.WakeReadable(*client);
  // A little at a time, but never nothing for two seconds.
  for (int i = 0; i < 3; ++i) {
    harness.TickAfter(milliseconds(1900));
    ASSERT_TRUE(harness.Owns(*client)) << i;
    ASSERT_NE(client->Read(), "");
    harness.WakeWritable(*client);
  }
  harness.TickAfter(milliseconds(1999));
  EXPECT_TRUE(harness.Owns(*client));
  harness.TickAfter(milliseconds(1));
  EXPECT_FALSE(harness.Owns(*client));
  EXPECT_EQ(harness.ended(ConnectionOutcome::kWriteTimeout), 1U);
  EXPECT_EQ(harness.metrics().requests_in_flight(), 0);
}

TEST(Worker, RecordsHowLateItsTicksAre) {
  WorkerHarness harness;
  const auto counts = [&harness] {
    SizeCounts read;
    harness.metrics().loop_lag().AddTo(read);
    return read;
  };
  // 0.25 ms, 0.5 ms, 1 ms ...: 20 ms are in the bucket that ends at 32 ms, the eighth.
  harness.Tick();
  harness.TickAfter(milliseconds(100));
  harness.TickAfter(milliseconds(120));
  EXPECT_EQ(counts().buckets[0], 2U);
  EXPECT_EQ(counts().buckets[7], 1U);
  EXPECT_EQ(counts().sum, 20'000'000U);
  // The timer keeps its pace: the next one is due 100 ms after the last was.
  harness.TickAfter(milliseconds(80));
  EXPECT_EQ(counts().buckets[0], 3U);
}

TEST(Worker, EachTimeoutIsKeptAtTheTickThatFollowsIt) {
  const Config::Http limits{
      .header_timeout = seconds(1), .body_timeout = seconds(3), .idle_timeout = seconds(5)};
  struct Case {
    std::string sent;
    seconds timeout;
    Statuses answers;
    ConnectionOutcome outcome;
  };
  const std::vector<Case> cases = {
      {"", seconds(5), {}, ConnectionOutcome::kIdleTimeout},
      {GetText("/health"), seconds(5), {"200"}, ConnectionOutcome::kIdleTimeout},
      {"GET / HTTP/1.1\r\n", seconds(1), {"408 close"}, ConnectionOutcome::kHeaderTimeout},
      {GetText("/health") + "G",
       seconds(1),
       {"200", "408 close"},
       ConnectionOutcome::kHeaderTimeout},
      {"POST /products/1/details HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
       seconds(3),
       {"408 close"},
       ConnectionOutcome::kBodyTimeout},
  };
  for (const Case& c : cases) {
    WorkerHarness harness(limits);
    const auto client = harness.Connect();
    client->Send(c.sent);
    harness.WakeReadable(*client);
    harness.TickAfter(c.timeout - milliseconds(1));
    std::string answers = client->Read();
    EXPECT_FALSE(client->AtEnd()) << c.sent;
    harness.TickAfter(milliseconds(1));
    answers += client->Read();
    EXPECT_EQ(StatusesIn(answers), c.answers) << c.sent;
    EXPECT_TRUE(client->AtEnd()) << c.sent;
    client->Close();
    harness.WakeReadable(*client);
    EXPECT_EQ(harness.ended(c.outcome), 1U) << c.sent;
  }
}

TEST(Worker, AClientThatStillSendsIsReadAwaySoThatItsAnswerIsNotLost) {
  WorkerHarness harness;
  const auto client = harness.Connect();
  EXPECT_EQ(StatusesIn(harness.Ask(*client, "BREW / HTTP/1.1\r\nHost: h\r\n\r\n")),
            Statuses{"501 close"});
  EXPECT_TRUE(client->AtEnd());
  EXPECT_TRUE(harness.Owns(*client));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(client->Send(std::string(50'000, 'x')), 50'000U) << "it is not read from any more";
    harness.WakeReadable(*client);
  }
  client->HalfClose();
  harness.WakeReadable(*client);
  EXPECT_FALSE(harness.Owns(*client));
}

TEST(Worker, AClientThatNeverStopsSendingIsLetGoAfterTwoSeconds) {
  WorkerHarness harness;
  const auto client = harness.Connect();
  harness.Ask(*client, "BREW / HTTP/1.1\r\nHost: h\r\n\r\n");
  harness.TickAfter(milliseconds(1999));
  client->Send("x");
  harness.WakeReadable(*client);
  EXPECT_TRUE(harness.Owns(*client));
  harness.TickAfter(milliseconds(1));
  EXPECT_FALSE(harness.Owns(*client));
}

TEST(Worker, WhileDrainingAConnectionIsClosedOnceItWasIdleForHalfASecond) {
  WorkerHarness harness;
  const auto fresh = harness.Connect();
  const auto asked = harness.Connect();
  const auto amid_request = harness.Connect();
  const auto waiting = harness.Connect();
  harness.Ask(*asked, GetText("/health"));
  harness.Ask(*amid_request, "GET /health HT");
  harness.engine.Hold();
  harness.Ask(*waiting, PostText("/products/2/details"));
  harness.TickAfter(seconds(1));
  EXPECT_TRUE(harness.Owns(*fresh)) << "nothing drains";

  harness.Ask(*asked, GetText("/health"));
  harness.state.draining = true;
  harness.TickAfter(milliseconds(499));
  EXPECT_FALSE(harness.Owns(*fresh));
  EXPECT_TRUE(harness.Owns(*asked)) << "a request may be on its way";
  harness.TickAfter(milliseconds(1));
  EXPECT_FALSE(harness.Owns(*asked));
  EXPECT_EQ(harness.ended(ConnectionOutcome::kDrained), 2U);

  EXPECT_EQ(StatusesIn(harness.Ask(*amid_request, "TP/1.1\r\nHost: h\r\n\r\n")),
            Statuses{"200 close"});
  harness.engine.LetGo();
  harness.WakeForMail();
  EXPECT_EQ(StatusesIn(waiting->Read()), Statuses{"204 close"});
}

TEST(Worker, OneConnectionTooManyIsRefusedAndItsPlaceIsFreeAgain) {
  WorkerHarness harness({.max_connections = 2});
  const auto first = harness.Connect();
  const auto second = harness.Connect();
  const auto surplus = harness.Connect();
  EXPECT_EQ(StatusesIn(surplus->Read()), Statuses{"503 close"});
  EXPECT_TRUE(surplus->AtEnd());
  EXPECT_EQ(harness.ended(ConnectionOutcome::kRefused), 1U);
  EXPECT_EQ(harness.metrics().connections(), 2);
  EXPECT_EQ(StatusesIn(harness.Ask(*second, GetText("/health"))), Statuses{"200"});
  second->Close();
  harness.WakeReadable(*second);
  const auto third = harness.Connect();
  EXPECT_EQ(StatusesIn(harness.Ask(*third, GetText("/health"))), Statuses{"200"});
  EXPECT_EQ(StatusesIn(harness.Ask(*first, GetText("/health"))), Statuses{"200"});
}

TEST(Worker, NewLimitsHoldFromTheNextTickOn) {
  WorkerHarness harness;
  const auto client = harness.Connect();
  {
    const std::lock_guard lock(harness.state.limits_mutex);
    harness.state.limits.max_body_bytes = 10;
    harness.state.limits.idle_timeout = seconds(1);
  }
  ++harness.state.limits_version;
  harness.Tick();
  EXPECT_EQ(StatusesIn(harness.Ask(*client, PostText("/products/2/details"))),
            Statuses{"413 close"});
  const auto idle = harness.Connect();
  harness.TickAfter(seconds(1));
  EXPECT_FALSE(harness.Owns(*idle));
}

TEST(Worker, KnowsWhenTheLastRequestCame) {
  WorkerHarness harness;
  EXPECT_EQ(harness.last_request(), 0);
  const auto client = harness.Connect();
  harness.WakeReadable(*client);
  EXPECT_EQ(harness.last_request(), 0) << "a connection is no request";
  harness.Ask(*client, GetText("/health"));
  const std::int64_t then = harness.clock.Now().time_since_epoch().count();
  EXPECT_EQ(harness.last_request(), then);
  harness.TickAfter(seconds(1));
  harness.WakeReadable(*client);
  EXPECT_EQ(harness.last_request(), then);
}

TEST(Worker, DateFollowsTheClock) {
  WorkerHarness harness;
  const auto client = harness.Connect();
  for (const std::string time : {"08:49:37", "08:49:38", "08:49:39"}) {
    const std::string answer = harness.Ask(*client, GetText("/health"));
    EXPECT_NE(answer.find("\r\nDate: Sun, 06 Nov 1994 " + time + " GMT\r\n"), std::string::npos)
        << answer;
    harness.clock.Advance(seconds(1));
  }
}

}  // namespace
}  // namespace products::test
