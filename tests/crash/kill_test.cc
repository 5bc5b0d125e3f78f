// kill -9 amid many writes, again and again on the same directory: whatever was acknowledged is
// there after each start. The page cache outlives a process, so this shows that nothing is
// acknowledged before it is committed; what a power cut takes is crash_matrix_test's affair.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/crash/ledger.h"
#include "tests/crash/scope.h"
#include "tests/load/client_threads.h"
#include "tests/support/raw_connection.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace products::crash {
namespace {

using load::Findings;
using std::chrono::microseconds;
using test::HttpResponse;
using test::RawConnection;
using test::ServerProcess;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kClients = 32;
constexpr std::size_t kProductsPerClient = 40;
/// Requests of a client that are under way at a time.
constexpr std::size_t kPipelined = 16;
constexpr std::size_t kMostAnswers = 3'000;
constexpr std::size_t kMostDelayMicroseconds = 3'000;
/// A fault that is there must be seen by then.
constexpr std::size_t kControlRounds = 60;

/// When the server dies.
struct Moment {
  std::size_t answers;  ///< of all clients together
  microseconds delay;   ///< after the last of them
};

class KillLoop {
 public:
  explicit KillLoop(std::string program) : program_(std::move(program)) {}

  /// One life of the server: start, writes, death; then another, to check all that the ledger
  /// holds.
  void Round() {
    ++round_;
    WriteUntilKilled();
    const ServerProcess server(program_, Arguments());
    CheckAll(server.address());
  }

  const Findings& findings() const { return findings_; }

 private:
  std::vector<std::string> Arguments() const {
    return ServerProcess::ProductdArguments(
        {"--storage-engine", "lmdb", "--storage-data-dir", directory_.path()});
  }

  void WriteUntilKilled() {
    ServerProcess server(program_, Arguments());
    // Half of the deaths come close upon an answer: acknowledged and lost would lie there.
    const std::size_t delay = random_() % 2 == 0 ? 0 : random_() % kMostDelayMicroseconds;
    const Moment moment{1 + random_() % kMostAnswers, microseconds(delay)};
    std::atomic<std::size_t> answers{0};
    load::RunClients(kClients, findings_, [&](std::size_t client) {
      Write(server, client, round_ * kClients + client, moment, answers);
    });
    server.Kill();
  }

  void CheckAll(const std::string& address) {
    RawConnection connection(address);
    for (std::size_t first = 0; first < ledger_.products(); first += kProductsPerClient) {
      std::string requests;
      for (std::size_t i = 0; i < kProductsPerClient; ++i) {
        requests += test::GetText("/products/" + std::to_string(Ledger::IdOf(first + i)));
      }
      connection.Send(requests);
      for (std::size_t i = 0; i < kProductsPerClient; ++i) {
        const auto wrong = ledger_.Check(first + i, connection.ReadResponse());
        if (wrong) findings_.Add("round " + std::to_string(round_) + ": " + *wrong);
      }
    }
  }

  void Write(const ServerProcess& server, std::size_t client, std::size_t seed,
             const Moment& moment, std::atomic<std::size_t>& answers) {
    std::mt19937 random(static_cast<std::uint32_t>(seed));
    try {
      RawConnection connection(server.address());
      while (true) {
        std::string requests;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < kPipelined; ++i) {
          places.push_back(client * kProductsPerClient + random() % kProductsPerClient);
          requests += ledger_.Send(places.back());
        }
        connection.Send(requests);
        for (const std::size_t place : places) {
          const HttpResponse response = connection.ReadResponse();
          if (!ledger_.Answer(place, response)) {
            findings_.Add("write: " + std::to_string(response.status) + " " + response.body);
          }
          if (++answers == moment.answers) Kill(server, moment.delay);
        }
      }
    } catch (const std::runtime_error&) {
      // The connection has ended: the server is dead, as it should be.
      if (answers < moment.answers) throw;
    }
  }

  // Waits awake: a sleep would end at the kernel's convenience, and the moments would be few.
  static void Kill(const ServerProcess& server, microseconds delay) {
    const auto moment = SteadyClock::now() + delay;
    while (SteadyClock::now() < moment) {
    }
    server.Signal(SIGKILL);
  }

  const std::string program_;
  const test::TempDir directory_;
  Ledger ledger_{kClients * kProductsPerClient, Ledger::Operations::kStoreAndRemove};
  Findings findings_;
  std::mt19937 random_{1};
  std::size_t round_ = 0;
};

std::size_t RoundsOf(Scope scope) {
  switch (scope) {
    case Scope::kSanitized:
      return 10;
    case Scope::kUsual:
      return 100;
    case Scope::kFull:
      break;
  }
  return 1'000;
}

TEST(KillMinusNine, LosesNothingThatWasAcknowledged) {
  KillLoop loop(PRODUCTD_BINARY);
  const std::size_t rounds = RoundsOf(CurrentScope());
  for (std::size_t i = 0; i < rounds; ++i) loop.Round();
  EXPECT_EQ(loop.findings().count(), 0U) << loop.findings().Text();
}

// The same loop against a server that acknowledges before it commits: if it passed, the loop above
// would prove nothing.
TEST(KillMinusNine, LossIsSeenWhenAnswersComeBeforeTheCommit) {
  KillLoop loop(ACKNOWLEDGES_EARLY_BINARY);
  std::size_t rounds = 0;
  while (loop.findings().count() == 0 && rounds < kControlRounds) {
    loop.Round();
    ++rounds;
  }
  EXPECT_GT(loop.findings().count(), 0U) << "no loss in " << rounds << " rounds";
  EXPECT_NE(loop.findings().Text().find("was acknowledged"), std::string::npos)
      << loop.findings().Text();
}

}  // namespace
}  // namespace products::crash
