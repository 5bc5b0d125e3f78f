// Clients that leave early free descriptors that the next clients get while answers to the first
// are still on their way. No answer may reach the wrong client, and nothing of those who left may
// stay.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/load/catalogue.h"
#include "tests/load/client_threads.h"
#include "tests/support/metric_reader.h"
#include "tests/support/raw_connection.h"
#include "tests/support/server_process.h"

namespace products::load {
namespace {

using test::HttpResponse;
using test::RawConnection;
using test::ServerProcess;

constexpr std::size_t kRequests = 100'000;
constexpr std::size_t kThreads = 4;
/// Clients of a thread that are connected at a time.
constexpr std::size_t kWave = 32;
constexpr std::size_t kRequestsPerClient = 4;
constexpr int kProducts = 1'000;
/// Of a product: each id has its own, and it never changes, so that every GET has one right answer.
int VersionOf(int id) { return id + 5; }

/// Of clients with even numbers, and with odd ones, in turn.
enum class Stay { kToTheEnd, kHalfClosed, kHalfClosedMidRequest };
enum class Leave { kClose, kReset, kCloseMidRequest, kResetMidRequest, kCloseAfterFirstAnswer };
constexpr std::size_t kStays = 3;
constexpr std::size_t kLeaves = 5;

/// Four requests at once: a write and reads whose answers belong to this client alone.
class Client {
 public:
  Client(const std::string& address, std::size_t number) : number_(number), connection_(address) {
    const int id = static_cast<int>(number % kProducts) + 1;
    // No other client asks for this id, and nothing is there.
    const int absent = kProducts + 1 + static_cast<int>(number);
    requests_ = {PutRequest(id, VersionOf(id)), GetRequest(absent), GetRequest(id),
                 GetRequest(absent)};
    answers_ = {"", AbsentAnswer(absent), ProductAnswer(id, VersionOf(id)), AbsentAnswer(absent)};
    // Some ask for what is ready first, and leave while their write is pending.
    if (number % 3 == 0) {
      std::swap(requests_[0], requests_[3]);
      std::swap(answers_[0], answers_[3]);
    }
  }

  bool leaves() const { return number_ % 2 == 1; }

  void Send() {
    std::string bytes;
    for (const std::string& request : requests_) bytes += request;
    if (StopsMidRequest()) bytes.resize(bytes.size() - requests_.back().size() / 2);
    connection_.Send(bytes);
    if (!leaves() && stay() != Stay::kToTheEnd) connection_.HalfClose();
  }

  /// The half that leaves does so in its way; the other reads all that is due to it.
  void Finish(Findings& findings) {
    try {
      ReadWhatIsDue(findings);
    } catch (const std::exception& error) {
      // Ends this thread: each more client that waits in vain would cost the whole patience.
      throw std::runtime_error("client " + std::to_string(number_) + " after " +
                               std::to_string(checked_) + " answers: " + error.what());
    }
  }

  std::size_t checked() const { return checked_; }

 private:
  void ReadWhatIsDue(Findings& findings) {
    if (leaves()) return LeaveEarly(findings);
    const std::size_t due = kRequestsPerClient - (StopsMidRequest() ? 1 : 0);
    for (std::size_t i = 0; i < due; ++i) ReadAnswer(i, findings);
    if (stay() == Stay::kToTheEnd) return connection_.Close();
    // Behind the last answer comes the end; a request cut short may be answered with its fault.
    const std::string rest = connection_.ReadUntilEnd();
    const bool may_refuse = StopsMidRequest() && rest.starts_with("HTTP/1.1 400 ");
    if (!rest.empty() && !may_refuse) findings.Add("bytes for nobody: " + rest);
  }

  Stay stay() const { return static_cast<Stay>(number_ / 2 % kStays); }
  Leave leave() const { return static_cast<Leave>(number_ / 2 % kLeaves); }
  bool StopsMidRequest() const {
    if (!leaves()) return stay() == Stay::kHalfClosedMidRequest;
    return leave() == Leave::kCloseMidRequest || leave() == Leave::kResetMidRequest;
  }

  void LeaveEarly(Findings& findings) {
    if (leave() == Leave::kCloseAfterFirstAnswer) ReadAnswer(0, findings);
    if (leave() == Leave::kReset || leave() == Leave::kResetMidRequest) return connection_.Reset();
    connection_.Close();
  }

  void ReadAnswer(std::size_t place, Findings& findings) {
    const HttpResponse response = connection_.ReadResponse();
    ++checked_;
    const bool is_write = answers_[place].empty();
    const bool is_absent = answers_[place].starts_with(R"({"error")");
    const int status = is_write ? 204 : is_absent ? 404 : 200;
    if (response.status == status && response.body == answers_[place]) return;
    findings.Add("client " + std::to_string(number_) + " asked for " + answers_[place] +
                 " and got " + std::to_string(response.status) + " " + response.body);
  }

  std::size_t number_;
  RawConnection connection_;
  std::array<std::string, kRequestsPerClient> requests_;
  std::array<std::string, kRequestsPerClient> answers_;
  std::size_t checked_ = 0;
};

TEST(EarlyLeavers, EveryAnswerBelongsToItsAskerAndNoConnectionStays) {
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  {
    RawConnection connection(server.address());
    for (int id = 1; id <= kProducts; ++id) {
      connection.Send(PutRequest(id, VersionOf(id)));
      ASSERT_EQ(connection.ReadResponse().status, 204);
    }
  }
  // Of the connection that asks.
  ASSERT_TRUE(test::MetricBecomes(server.address(), "productd_connections", 1));

  constexpr std::size_t kClients = kRequests / kRequestsPerClient;
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> checked{0};
  Findings findings;
  RunClients(kThreads, findings, [&](std::size_t) {
    while (true) {
      const std::size_t first = next.fetch_add(kWave);
      if (first >= kClients) return;
      std::vector<Client> wave;
      wave.reserve(kWave);
      for (std::size_t i = 0; i < kWave; ++i) wave.emplace_back(server.address(), first + i);
      for (Client& client : wave) client.Send();
      // Who leaves does so first: the others' answers are on their way meanwhile.
      for (Client& client : wave) {
        if (client.leaves()) client.Finish(findings);
      }
      for (Client& client : wave) {
        if (!client.leaves()) client.Finish(findings);
        checked += client.checked();
      }
    }
  });
  EXPECT_EQ(findings.count(), 0U) << findings.Text();
  // Half of the clients stay, and two thirds of those for all four answers, the others for three.
  EXPECT_GE(checked.load(), kRequests * 9 / 20);

  EXPECT_TRUE(test::MetricBecomes(server.address(), "productd_connections", 1));
  // Of the request that asks.
  EXPECT_TRUE(test::MetricBecomes(server.address(), "http_requests_in_flight", 1));
  EXPECT_TRUE(test::MetricBecomes(server.address(), "productd_commit_queue_depth", 0));
  EXPECT_EQ(test::ReadMetric(server.address(), "productd_products"), kProducts);
  EXPECT_EQ(server.Stop(), 0);
}

}  // namespace
}  // namespace products::load
