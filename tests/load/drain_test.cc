// SIGTERM as a rolling update sends it: no request fails, whoever is in the middle of one gets the
// answer, and the end comes in time.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/load/catalogue.h"
#include "tests/load/client_threads.h"
#include "tests/support/raw_connection.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace products::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::HttpResponse;
using test::RawConnection;
using test::ServerProcess;
using SteadyClock = std::chrono::steady_clock;

/// The time a load balancer takes from a failed readiness check to the last request it sends.
constexpr milliseconds kBalancerDelay{150};
/// Far above what an exit without a drain takes, far below the drain time of 25 s.
constexpr seconds kAtOnce{10};

/// Sends requests one after the other, over a connection kept or a new one each, as a load balancer
/// does that honours "Connection: close".
class BalancedClient {
 public:
  BalancedClient(const std::string& address, std::size_t number, Findings& findings)
      : address_(address), number_(number), findings_(findings) {}

  void SendOne() {
    const int id = static_cast<int>(number_) + 1;
    const bool writes = sent_ % 2 == 0;
    if (!connection_) connection_.emplace(address_);
    if (writes) ++version_;
    ++sent_;
    connection_->Send(writes ? PutRequest(id, version_) : GetRequest(id));
    const HttpResponse response = connection_->ReadResponse();
    const bool right = writes
                           ? response.status == 204
                           : response.status == 200 && response.body == ProductAnswer(id, version_);
    if (!right) findings_.Add(std::to_string(response.status) + " " + response.body);
    const bool is_new_each_time = number_ % 2 == 1;
    if (is_new_each_time || response.Header("Connection") == "close") connection_.reset();
  }

  std::size_t sent() const { return sent_; }

 private:
  const std::string& address_;
  const std::size_t number_;
  Findings& findings_;
  std::optional<RawConnection> connection_;
  std::size_t sent_ = 0;
  int version_ = 0;
};

int ReadinessOf(const ServerProcess& server) {
  return test::Get(server.address(), "/readyz").status;
}

void WaitForUnready(const ServerProcess& server) {
  const auto deadline = SteadyClock::now() + test::kPatience;
  while (ReadinessOf(server) != 503) {
    if (SteadyClock::now() > deadline) throw std::runtime_error("/readyz does not become 503");
  }
}

TEST(Drain, NoRequestFailsUnderLoadWhenClientsFollowReadiness) {
  constexpr std::size_t kClients = 8;
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  Findings findings;
  std::atomic<std::size_t> sent{0};
  std::atomic<std::size_t> sent_while_unready{0};
  std::atomic<bool> unready{false};
  std::atomic<bool> stop{false};
  std::thread clients([&] {
    RunClients(kClients, findings, [&](std::size_t number) {
      BalancedClient client(server.address(), number, findings);
      while (!stop) {
        client.SendOne();
        ++sent;
        if (unready) ++sent_while_unready;
      }
    });
  });
  std::thread balancer([&] {
    RunClients(1, findings, [&](std::size_t) {
      const auto deadline = SteadyClock::now() + test::kPatience;
      while (sent < 20'000U && SteadyClock::now() < deadline) {
        if (ReadinessOf(server) != 200) findings.Add("not ready under load");
      }
      server.Signal(SIGTERM);
      WaitForUnready(server);
      unready = true;
      const auto last_request = SteadyClock::now() + kBalancerDelay;
      while (SteadyClock::now() < last_request) {
        // A restart by the liveness probe would cut the drain short.
        if (test::Get(server.address(), "/healthz").status != 200) findings.Add("not live");
        if (ReadinessOf(server) != 503) findings.Add("ready again");
      }
    });
    stop = true;
  });
  balancer.join();
  clients.join();
  EXPECT_EQ(findings.count(), 0U) << findings.Text();
  EXPECT_GE(sent.load(), 20'000U);
  EXPECT_GT(sent_while_unready.load(), 0U);
  EXPECT_EQ(server.WaitForExit(), 0);
}

TEST(Drain, ReadinessSaysWhyAndConnectionsAreAcceptedStill) {
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  server.Signal(SIGTERM);
  WaitForUnready(server);
  const HttpResponse readiness = test::Get(server.address(), "/readyz");
  EXPECT_EQ(readiness.status, 503);
  EXPECT_NE(readiness.body.find("draining"), std::string::npos) << readiness.body;
  EXPECT_EQ(readiness.Header("Connection"), "close");
  RawConnection connection(server.address());
  connection.Send(PutRequest(1, 7));
  const HttpResponse written = connection.ReadResponse();
  EXPECT_EQ(written.status, 204);
  EXPECT_EQ(written.Header("Connection"), "close");
  EXPECT_TRUE(connection.EndsCleanly());
  EXPECT_EQ(test::Exchange(server.address(), GetRequest(1)).body, ProductAnswer(1, 7));
  EXPECT_EQ(test::Get(server.address(), "/healthz").status, 200);
  EXPECT_EQ(server.WaitForExit(), 0);
}

TEST(Drain, RequestsSentBeforeTheSignalAreAllAnsweredAndOnlyTheLastCloses) {
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  const std::string put = PutRequest(1, 1);
  const std::size_t half = put.size() / 2;
  RawConnection connection(server.address());
  connection.Send(put.substr(0, half));
  server.Signal(SIGTERM);
  WaitForUnready(server);
  connection.Send(put.substr(half) + GetRequest(1) + GetRequest(2));
  const HttpResponse first = connection.ReadResponse();
  EXPECT_EQ(first.status, 204);
  EXPECT_FALSE(first.HasHeader("Connection"));
  EXPECT_EQ(connection.ReadResponse().body, ProductAnswer(1, 1));
  const HttpResponse last = connection.ReadResponse();
  EXPECT_EQ(last.body, AbsentAnswer(2));
  EXPECT_EQ(last.Header("Connection"), "close");
  EXPECT_TRUE(connection.EndsCleanly());
  EXPECT_EQ(server.WaitForExit(), 0);
}

TEST(Drain, RequestThatArrivesForLongerThanTheIdleTimeIsStillAnswered) {
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  const std::string put = PutRequest(1, 1);
  const std::size_t half = put.size() / 2;
  RawConnection connection(server.address());
  connection.Send(put.substr(0, half));
  server.Signal(SIGTERM);
  EXPECT_TRUE(connection.StaysSilent(milliseconds(1500)));
  connection.Send(put.substr(half));
  const HttpResponse response = connection.ReadResponse();
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.Header("Connection"), "close");
  EXPECT_EQ(server.WaitForExit(), 0);
}

TEST(Drain, RequestsThatGoOnComingHoldTheExit) {
  ServerProcess server(PRODUCTD_BINARY,
                       ServerProcess::ProductdArguments({"--drain-idle-ms", "1000"}));
  server.Signal(SIGTERM);
  WaitForUnready(server);
  const auto began = SteadyClock::now();
  // Short ones with pauses between, so that hardly ever one is in flight.
  while (SteadyClock::now() - began < seconds(3)) {
    RawConnection connection(server.address());
    EXPECT_TRUE(connection.StaysSilent(milliseconds(100)));
    connection.Send(PutRequest(1, 1));
    EXPECT_EQ(connection.ReadResponse().status, 204);
  }
  EXPECT_EQ(server.WaitForExit(), 0);
}

TEST(Drain, SighupIsNoSecondSignal) {
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  const std::string put = PutRequest(1, 1);
  RawConnection connection(server.address());
  connection.Send(put.substr(0, put.size() / 2));
  server.Signal(SIGTERM);
  WaitForUnready(server);
  server.Signal(SIGHUP);
  EXPECT_TRUE(connection.StaysSilent(milliseconds(200)));
  connection.Send(put.substr(put.size() / 2));
  EXPECT_EQ(connection.ReadResponse().status, 204);
  EXPECT_EQ(server.WaitForExit(), 0);
}

TEST(Drain, RequestThatNeverEndsHoldsTheExitForTheDrainTimeOnly) {
  const test::TempDir folder;
  test::WriteFile(folder.File("config.yaml"), "drain:\n  timeout_ms: 700\n  idle_ms: 100\n");
  ServerProcess server(PRODUCTD_BINARY,
                       ServerProcess::ProductdArguments({"--config", folder.File("config.yaml")}));
  const std::string put = PutRequest(1, 1);
  RawConnection connection(server.address());
  connection.Send(put.substr(0, put.size() / 2));
  // Seen by the server: the answer to a later request of another client has come.
  EXPECT_EQ(ReadinessOf(server), 200);
  const auto began = SteadyClock::now();
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitForExit(), 0);
  EXPECT_GE(SteadyClock::now() - began, milliseconds(700));
  EXPECT_LT(SteadyClock::now() - began, kAtOnce);
}

TEST(Drain, IdleConnectionsAreClosedAndDoNotHoldTheExit) {
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  std::vector<RawConnection> idle;
  for (int i = 0; i < 50; ++i) {
    idle.emplace_back(server.address());
    if (i % 2 == 0) continue;  // half of them never ask for anything
    idle.back().Send(GetRequest(1));
    EXPECT_EQ(idle.back().ReadResponse().status, 404);
  }
  const auto began = SteadyClock::now();
  server.Signal(SIGTERM);
  for (RawConnection& connection : idle) EXPECT_TRUE(connection.EndsCleanly());
  EXPECT_EQ(server.WaitForExit(), 0);
  EXPECT_LT(SteadyClock::now() - began, kAtOnce);
}

TEST(Drain, SecondSignalExitsAtOnceWithARequestUnderWay) {
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  const std::string put = PutRequest(1, 1);
  RawConnection connection(server.address());
  connection.Send(put.substr(0, put.size() / 2));
  server.Signal(SIGTERM);
  WaitForUnready(server);
  const auto began = SteadyClock::now();
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitForExit(), 128 + SIGTERM);
  EXPECT_LT(SteadyClock::now() - began, kAtOnce);
}

}  // namespace
}  // namespace products::load
