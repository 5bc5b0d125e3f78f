// What was acknowledged is seen by every later read, and what was seen is never undone, whoever
// asks and over whichever connection.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/load/catalogue.h"
#include "tests/load/client_threads.h"
#include "tests/support/raw_connection.h"
#include "tests/support/server_process.h"

namespace products::load {
namespace {

using test::HttpResponse;
using test::RawConnection;
using test::ServerProcess;

constexpr std::size_t kOperations = 10'000;
constexpr std::size_t kThreads = 8;
constexpr std::size_t kConnectionsPerThread = 8;
constexpr std::size_t kProductsPerThread = 4;
constexpr std::size_t kProducts = kThreads * kProductsPerThread;

/// What is known of one product. Only its owner writes it, with rising versions.
struct Known {
  /// Sent by the owner: no read may see more.
  std::atomic<int> sent{0};
  /// Acknowledged or read by anyone: no later read may see less.
  std::atomic<int> seen{0};

  void Saw(int version) {
    int before = seen.load();
    while (before < version && !seen.compare_exchange_weak(before, version)) {
    }
  }
};

class MixedClient {
 public:
  MixedClient(const std::string& address, std::size_t number,
              std::array<Known, kProducts>& products, Findings& findings)
      : number_(number), products_(products), findings_(findings), random_(number) {
    for (std::size_t i = 0; i < kConnectionsPerThread; ++i) connections_.emplace_back(address);
  }

  void Run(std::size_t operations) {
    for (std::size_t done = 0; done < operations; done += 2) {
      // A write and the read of it over another connection; or two reads of anyone's product.
      if (random_() % 2 == 0) {
        const std::size_t own = number_ * kProductsPerThread + random_() % kProductsPerThread;
        Write(own);
        Read(own);
      } else {
        Read(random_() % kProducts);
        Read(random_() % kProducts);
      }
    }
  }

 private:
  RawConnection& AnyConnection() { return connections_[random_() % connections_.size()]; }

  void Write(std::size_t place) {
    Known& product = products_[place];
    const int version = product.sent.fetch_add(1) + 1;
    RawConnection& connection = AnyConnection();
    connection.Send(PutRequest(IdOf(place), version));
    const HttpResponse response = connection.ReadResponse();
    if (response.status != 204) findings_.Add("write: " + std::to_string(response.status));
    product.Saw(version);
  }

  void Read(std::size_t place) {
    Known& product = products_[place];
    const int at_least = product.seen.load();
    RawConnection& connection = AnyConnection();
    connection.Send(GetRequest(IdOf(place)));
    const HttpResponse response = connection.ReadResponse();
    const int at_most = product.sent.load();
    if (response.status == 404 && at_least == 0) return;
    const std::optional<int> version = VersionIn(response.body, IdOf(place));
    if (response.status != 200 || !version) {
      return findings_.Add("read: " + std::to_string(response.status) + " " + response.body);
    }
    if (*version < at_least || *version > at_most) {
      findings_.Add("product " + std::to_string(IdOf(place)) + ": version " +
                    std::to_string(*version) + ", and it must be " + std::to_string(at_least) +
                    ".." + std::to_string(at_most));
    }
    product.Saw(*version);
  }

  static int IdOf(std::size_t place) { return static_cast<int>(place) + 1; }

  const std::size_t number_;
  std::array<Known, kProducts>& products_;
  Findings& findings_;
  std::minstd_rand random_;
  std::vector<RawConnection> connections_;
};

TEST(ReadYourWrites, NoReadMissesAnAcknowledgedWriteOrGoesBack) {
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  std::array<Known, kProducts> products;
  Findings findings;
  RunClients(kThreads, findings, [&](std::size_t number) {
    MixedClient(server.address(), number, products, findings).Run(kOperations / kThreads);
  });
  EXPECT_EQ(findings.count(), 0U) << findings.Text();

  for (std::size_t place = 0; place < kProducts; ++place) {
    const int id = static_cast<int>(place) + 1;
    const HttpResponse last = test::Exchange(server.address(), GetRequest(id));
    const int version = products[place].sent.load();
    EXPECT_EQ(last.body, version == 0 ? AbsentAnswer(id) : ProductAnswer(id, version));
  }
  EXPECT_EQ(server.Stop(), 0);
}

}  // namespace
}  // namespace products::load
