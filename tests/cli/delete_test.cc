#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"

namespace products::cli {
namespace {

const std::vector<std::string> kFormats = {"table", "json", "plain"};

TEST(Delete, SaysWhatWasThereAndWhatWasNot) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  const auto remove = [&](std::vector<std::string> arguments, RunOptions options = {}) {
    arguments.insert(arguments.begin(), "delete");
    return transcript.Run(server.endpoint(), arguments, options).exit_code;
  };
  for (const std::string& format : kFormats) {
    EXPECT_EQ(remove({"1", "-o", format}), 0);
    EXPECT_EQ(remove({"9", "-o", format}), 3);
    EXPECT_EQ(remove({"1", "2", "-o", format}), 0);
    EXPECT_EQ(remove({"1", "9", "-o", format}), 3);
  }
  for (const int columns : {80, 200}) {
    transcript.Note("at a terminal of " + std::to_string(columns) + " columns");
    EXPECT_EQ(remove({"1"}, {.terminal_columns = columns}), 0);
    EXPECT_EQ(remove({"1", "9"}, {.terminal_columns = columns}), 3);
  }
  transcript.ExpectGolden("delete");
}

TEST(Delete, TakesTheIdsOfAFile) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  const auto remove = [&](const std::string& input) {
    return transcript.Run(server.endpoint(), {"delete", "--from", "-"}, {.input = input}).exit_code;
  };
  EXPECT_EQ(remove("1\n2\n"), 0);
  transcript.Note("comments, spaces, empty lines, Windows line ends, an id twice");
  EXPECT_EQ(remove("# all of them\r\n\r\n  1 # the first\r\n\t2\r\n1\r\n+3"), 0);
  transcript.Note("products");
  EXPECT_EQ(remove(kSampleJson + std::string("{\"product_id\":2,\"sku\":\"a # b\"}\n")), 0);
  transcript.Note("nothing");
  EXPECT_EQ(remove("# none\n"), 0);
  transcript.Note("many are missing");
  std::string many;
  for (int id = 10; id < 30; ++id) many += std::to_string(id) + "\n";
  transcript.Run(server.endpoint(), {"delete", "--from", "-", "-o", "json"}, {.input = many});
  transcript.Note("broken files: nothing is deleted");
  for (const std::string& text :
       {std::string("1\n\n  two\n"), std::string("0\n"), std::string("2147483648\n"),
        std::string("{\"sku\":1}\n"), std::string("1\n{\"product_id\":\"2\"}\n"),
        std::string("1\n\x1b[31m\xff\n"), std::string("1,2\n")}) {
    EXPECT_EQ(remove(text), 2) << text;
  }
  EXPECT_EQ(transcript.Run(server.endpoint(), {"delete", "--from", "/nonexistent"}).exit_code, 2);
  EXPECT_EQ(transcript.Run(server.endpoint(), {"delete", "--from", "/tmp"}).exit_code, 2);
  transcript.ExpectGolden("delete_from");
}

TEST(Delete, WithAnEtagDeletesOnlyThatVersion) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  const auto remove = [&](const std::string& etag) {
    return transcript.Run(server.endpoint(), {"delete", "1", "--if-match", etag}).exit_code;
  };
  EXPECT_EQ(remove("\"v1\""), 0);
  EXPECT_EQ(remove("v1"), 0);
  EXPECT_EQ(remove("v0"), 1);
  for (const std::string etag : {"", "*", "a b", "a\"b", "W/\"v1\"", "v1\r\nX: y"}) {
    EXPECT_EQ(remove(etag), 2) << etag;
  }
  EXPECT_EQ(transcript.Run(server.endpoint(), {"delete", "1", "2", "--if-match", "v1"}).exit_code,
            2);
  EXPECT_EQ(transcript.Run(server.endpoint(), {"delete"}).exit_code, 2);
  EXPECT_EQ(transcript.Run(server.endpoint(), {"delete", "1", "--from", "-"}).exit_code, 2);
  transcript.ExpectGolden("delete_condition");
}

TEST(Delete, CountsWhatTheServerRefusesAndGoesOn) {
  const ScriptedServer server([](const std::string& request) {
    return Asks(request, "DELETE /products/2") ? ErrorReply(403, "READ_ONLY", "no")
                                               : FakeCatalog(request);
  });
  Transcript transcript;
  EXPECT_EQ(transcript.Run(server.endpoint(), {"delete", "1", "2", "3"}).exit_code, 5);
  EXPECT_EQ(transcript.Run(server.endpoint(), {"delete", "2"}).exit_code, 1);
  transcript.ExpectGolden("delete_refused");
}

TEST(Delete, OfWhatIsGoneAfterAnUnknownOutcomeIsDone) {
  std::atomic<int> count{0};
  const ScriptedServer server([&count](const std::string&) {
    return count++ == 0 ? Reply{"", Reply::Then::kReset}
                        : ErrorReply(404, "NOT_FOUND", "product with ID 1 not found");
  });
  EXPECT_EQ(RunProductctl({"delete", "1", "--endpoint", server.endpoint()}).exit_code, 0);
  EXPECT_EQ(count, 2);
}

TEST(Delete, WithAConditionIsNotRepeated) {
  const ScriptedServer server([](const std::string&) { return Reply{"", Reply::Then::kReset}; });
  EXPECT_EQ(
      RunProductctl({"delete", "1", "--if-match", "v1", "--endpoint", server.endpoint()}).exit_code,
      4);
  EXPECT_EQ(server.requests(), 1);
}

TEST(Delete, OfManyEndsWhenTheServerIsLost) {
  // Whatever is in flight when the first failure comes is not heard of, so none of the forty
  // answers may still be: that all eight connections have sent their next request says that each
  // was read.
  std::atomic<int> count{0};
  const ScriptedServer server([&count](const std::string&) {
    if (++count <= 40) return NoContentReply();
    while (count < 40 + 8) std::this_thread::yield();
    return Reply{"", Reply::Then::kClose};
  });
  std::string ids;
  for (int id = 1; id <= 1000; ++id) ids += std::to_string(id) + "\n";
  const RunResult result = RunProductctl(
      {"delete", "--from", "-", "--retries", "0", "--endpoint", server.endpoint()}, {.input = ids});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(result.out, "deleted 40 of 1000 products, 0 not found\n");
  EXPECT_NE(result.err.find("the server closed the connection without an answer"),
            std::string::npos);
}

TEST(Delete, InterruptedTellsHowFarItCame) {
  std::atomic<int> count{0};
  const ScriptedServer server([&count](const std::string&) {
    return ++count > 5 ? Reply{"", Reply::Then::kHang} : NoContentReply();
  });
  std::string ids;
  for (int id = 1; id <= 1000; ++id) ids += std::to_string(id) + "\n";
  ChildProcess process(PRODUCTCTL_BINARY,
                       {"delete", "--from", "-", "--endpoint", server.endpoint()}, {.input = ids});
  while (count < 6 + 5) {
  }
  process.Signal(SIGINT);
  const RunResult result = process.Wait();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_EQ(result.out, "deleted 5 of 1000 products, 0 not found\n");
}

}  // namespace
}  // namespace products::cli
