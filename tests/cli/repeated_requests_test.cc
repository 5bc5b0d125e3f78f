#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"

namespace products::cli {
namespace {

using Then = Reply::Then;

// Answers with each reply in turn, the last one again and again.
class Scene {
 public:
  explicit Scene(std::vector<Reply> replies)
      : replies_(std::move(replies)), server_([this](const std::string&) {
          return replies_[std::min<std::size_t>(next_++, replies_.size() - 1)];
        }) {}

  RunResult Run(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.end(), {"--endpoint", server_.endpoint()});
    return RunProductctl(arguments, {.input = input});
  }
  int requests() const { return server_.requests(); }

 private:
  const std::vector<Reply> replies_;
  std::atomic<std::size_t> next_{0};
  ScriptedServer server_;
};

Reply Overloaded(const std::string& retry_after) {
  return {"HTTP/1.1 503 X\r\nRetry-After: " + retry_after + "\r\nContent-Length: 0\r\n\r\n",
          Then::kKeepOpen};
}

const Reply kReset{"", Then::kReset};
const Reply kSample = JsonReply(200, kSampleJson);
const Reply kNotThere = ErrorReply(404, "NOT_FOUND", "product with ID 1 not found");

TEST(RepeatedRequests, AreMadeAfterWhatPasses) {
  const Reply passing[] = {kReset,
                           {"", Then::kClose},
                           {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", Then::kClose},
                           ErrorReply(429, "X", "x"),
                           ErrorReply(502, "X", "x"),
                           ErrorReply(503, "X", "x"),
                           ErrorReply(504, "X", "x")};
  for (const Reply& reply : passing) {
    Scene scene({reply, reply, kSample});
    const RunResult result = scene.Run({"get", "1", "-o", "json"});
    EXPECT_EQ(result.exit_code, 0) << reply.bytes << result.err;
    EXPECT_EQ(result.out, kSampleJson);
    EXPECT_EQ(scene.requests(), 3) << reply.bytes;
  }
}

TEST(RepeatedRequests, AreNotMadeAfterAnAnswerThatWillStay) {
  for (const Reply& reply :
       {ErrorReply(400, "X", "x"), kNotThere, ErrorReply(500, "X", "x"), JsonReply(200, "{}")}) {
    Scene scene({reply, kSample});
    EXPECT_NE(scene.Run({"get", "1"}).exit_code, 0);
    EXPECT_EQ(scene.requests(), 1) << reply.bytes;
  }
}

TEST(RepeatedRequests, EndWithTheirNumberAndTheMessageCountsThem) {
  Scene overloaded({ErrorReply(503, "OVERLOADED", "queue is full")});
  const RunResult result = overloaded.Run({"get", "1", "--retries", "1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("queue is full (503 OVERLOADED); tried 2 times\n"), std::string::npos)
      << result.err;
  EXPECT_EQ(overloaded.requests(), 2);

  Scene resetting({kReset});
  EXPECT_EQ(resetting.Run({"get", "1", "--retries", "0"}).exit_code, 4);
  EXPECT_EQ(resetting.requests(), 1);
}

TEST(RepeatedRequests, WaitAsLongAsTheServerAsksWithinTheTimeout) {
  const auto start = std::chrono::steady_clock::now();
  Scene scene({Overloaded("1"), kSample});
  EXPECT_EQ(scene.Run({"get", "1"}).exit_code, 0);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));

  Scene patient({Overloaded("3600"), kSample});
  EXPECT_EQ(patient.Run({"get", "1"}).exit_code, 1);
  EXPECT_EQ(patient.requests(), 1);
}

TEST(RepeatedRequests, ShareTheTimeoutOfTheFirst) {
  Scene scene({kReset, {"", Then::kHang}});
  const RunResult result = scene.Run({"get", "1", "--timeout", "500ms"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_NE(result.err.find("no complete answer within 500 ms; tried 2 times"), std::string::npos)
      << result.err;
}

TEST(RepeatedRequests, AreMadeForAPutOfAWholeProductWithoutCondition) {
  Scene scene({kReset, NoContentReply()});
  EXPECT_EQ(scene.Run({"put", "-f", "-"}, kSampleJson).exit_code, 0);
  EXPECT_EQ(scene.requests(), 2);
}

TEST(RepeatedRequests, OfManyAreMadeOneByOne) {
  Scene scene({ErrorReply(503, "X", "x"), kSample});
  EXPECT_EQ(scene.Run({"get", "1", "1", "1", "-o", "plain"}).exit_code, 0);
  EXPECT_EQ(scene.requests(), 4);
}

TEST(RepeatedRequests, EndWithCtrlCInThePauseToo) {
  const ScriptedServer server([](const std::string&) { return Overloaded("3600"); });
  ChildProcess process(PRODUCTCTL_BINARY, {"get", "1", "--endpoint", server.endpoint(), "--timeout",
                                           "24h", "--retries", "100"});
  while (server.requests() == 0) {
  }
  process.Signal(SIGINT);
  EXPECT_EQ(process.Wait().exit_code, 130);
}

}  // namespace
}  // namespace products::cli
