// What conditional writes are for: of clients who change one product at once none loses the change
// of another, and of clients who want to be the first or the last exactly one is.

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/contract_case.h"
#include "tests/contract/contract_server.h"
#include "tests/support/raw_connection.h"

namespace products::contract {
namespace {

constexpr int kClients = 8;
constexpr int kChangesPerClient = 40;
constexpr int kRounds = 40;

class LostUpdate : public ::testing::TestWithParam<ContractServer> {
 protected:
  /// Runs `client` with 0, 1 … at once, each with a connection of its own.
  void RunClients(const std::function<void(int, test::RawConnection&)>& client) {
    std::vector<std::thread> threads;
    threads.reserve(kClients);
    for (int number = 0; number < kClients; ++number) {
      threads.emplace_back([&, number] {
        try {
          test::RawConnection connection(server_->address());
          client(number, connection);
        } catch (const std::exception& error) {
          ADD_FAILURE() << error.what();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  static test::HttpResponse Request(test::RawConnection& connection, const std::string& method,
                                    const std::string& target, const std::string& headers = {},
                                    const std::string& body = {}) {
    connection.Send(RenderRequest({.name = target,
                                   .method = method,
                                   .target = target,
                                   .body = body,
                                   .request_headers = headers}));
    return connection.ReadResponse();
  }

  const std::unique_ptr<test::ServerProcess> server_ = Start(GetParam());
};

std::string ProductOfWeight(int weight) {
  return ProductWith({{"weight", std::to_string(weight)}});
}

int WeightIn(const std::string& body) {
  const std::string key = R"("weight":)";
  return std::stoi(body.substr(body.find(key) + key.size()));
}

TEST_P(LostUpdate, EveryAcknowledgedChangeIsInTheEnd) {
  ContractCase first{.name = "first", .method = "POST", .target = std::string(kDetailsPath)};
  first.body = ProductOfWeight(0);
  ASSERT_EQ(Ask(*server_, first).status, 204);
  std::atomic<int> changes{0};
  RunClients([&](int, test::RawConnection& connection) {
    for (int made = 0; made < kChangesPerClient;) {
      const test::HttpResponse read = Request(connection, "GET", std::string(kProductPath));
      const std::string tag = read.Header("ETag").value_or("");
      const test::HttpResponse written =
          Request(connection, "POST", std::string(kDetailsPath), "If-Match: " + tag + "\r\n",
                  ProductOfWeight(WeightIn(read.body) + 1));
      if (written.status == 204) {
        ++made;
        ++changes;
      } else if (written.status != 412) {
        ADD_FAILURE() << written.status << " " << written.body;
        return;
      }
    }
  });
  const ContractCase last{.name = "last", .method = "GET", .target = std::string(kProductPath)};
  EXPECT_EQ(WeightIn(Ask(*server_, last).body), changes.load());
  EXPECT_EQ(changes.load(), kClients * kChangesPerClient);
}

// Each round all try to create, then all to change what they have all read, then all to delete.
TEST_P(LostUpdate, OfThoseWhoTryAtOnceExactlyOneWins) {
  struct Winners {
    std::atomic<int> created{0};
    std::atomic<int> changed{0};
    std::atomic<int> deleted{0};
  };
  std::vector<Winners> rounds(kRounds);
  std::barrier all(kClients);
  RunClients([&](int number, test::RawConnection& connection) {
    const auto count = [](const test::HttpResponse& response, int lost, std::atomic<int>& won) {
      if (response.status == 204) {
        ++won;
      } else {
        EXPECT_EQ(response.status, lost) << response.body;
      }
    };
    // Nobody waits for one who has failed.
    const auto leave = [&all](std::barrier<>*) { all.arrive_and_drop(); };
    const std::unique_ptr<std::barrier<>, decltype(leave)> member(&all, leave);
    for (Winners& winners : rounds) {
      all.arrive_and_wait();
      count(Request(connection, "POST", std::string(kDetailsPath), "If-None-Match: *\r\n",
                    ProductOfWeight(number)),
            412, winners.created);
      all.arrive_and_wait();
      const test::HttpResponse read = Request(connection, "GET", std::string(kProductPath));
      const std::string if_match = "If-Match: " + read.Header("ETag").value_or("") + "\r\n";
      all.arrive_and_wait();
      count(Request(connection, "POST", std::string(kDetailsPath), if_match,
                    ProductOfWeight(1000 + number)),
            412, winners.changed);
      all.arrive_and_wait();
      count(Request(connection, "DELETE", std::string(kProductPath)), 404, winners.deleted);
    }
  });
  for (std::size_t round = 0; round < rounds.size(); ++round) {
    EXPECT_EQ(rounds[round].created, 1) << round;
    EXPECT_EQ(rounds[round].changed, 1) << round;
    EXPECT_EQ(rounds[round].deleted, 1) << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Section2, LostUpdate, ::testing::ValuesIn(ProductdServers()), NameOf);

}  // namespace
}  // namespace products::contract
