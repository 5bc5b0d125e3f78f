#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

using Then = Reply::Then;

std::string Ndjson(const std::string& headers, const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n" + headers + "\r\n" + body;
}

TEST(HostileServer, ExportLeavesNoFileAndSaysWhatHappened) {
  const std::string sample = kSampleJson;
  const std::vector<WrongAnswer> rows = {
      {"ends in the middle of a line",
       {Ndjson("", sample + sample.substr(0, 40)), Then::kClose},
       1},
      {"truncates a chunk",
       {Ndjson("Transfer-Encoding: chunked\r\n", "7c\r\n" + sample.substr(0, 50)), Then::kClose},
       4},
      {"truncates a body of known length",
       {Ndjson("Content-Length: 9999\r\n", sample), Then::kClose},
       4},
      {"resets in the middle", {Ndjson("Content-Length: 9999\r\n", sample), Then::kReset}, 4},
      {"stops in the middle", {Ndjson("Content-Length: 9999\r\n", sample), Then::kHang}, 4},
      {"never answers", {"", Then::kHang}, 4},
      {"sends a line without end", {Ndjson("", "{\"product_id\":1"), Then::kFlood}, 1},
      {"sends what is no product", {Ndjson("", sample + "<html>\n"), Then::kClose}, 1},
      {"sends what only begins as a product",
       {Ndjson("", "{\"product_id\":1,\"sku\":\"\x1b[2J\xff\"}\n"), Then::kClose},
       1},
      {"sends a product twice", {Ndjson("", sample + sample), Then::kClose}, 1},
      {"has another type",
       {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"},
       1},
      {"answers without a type", {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"}, 1},
      {"has a huge page",
       {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"products\":[ ", Then::kFlood},
       1},
      {"has pages that are none", JsonReply(200, "{\"products\":[{]}"), 1},
      {"has pages without end", JsonReply(200, "{\"products\":[],\"next_after\":1}"), 1},
      {"cannot list", ErrorReply(404, "NOT_FOUND", "no such path"), 1},
      {"answers 500", ErrorReply(500, "INTERNAL", "internal error"), 1},
      {"is overloaded", ErrorReply(503, "OVERLOADED", "loading"), 1},
      {"speaks another protocol", {"SSH-2.0-OpenSSH_9.2\r\n", Then::kClose}, 1},
  };
  const test::TempDir directory;
  Transcript transcript;
  transcript.HideDirectory(directory.path());
  for (const WrongAnswer& row : rows) {
    const ScriptedServer server([&row](const std::string&) { return row.reply; });
    transcript.Note(row.note);
    const RunResult result =
        transcript.Run(server.endpoint(), {"export", directory.File("a.ndjson")},
                       {.environment = {{"PRODUCTCTL_TIMEOUT", PatienceWith(row.reply)}}});
    EXPECT_EQ(result.exit_code, row.exit_code) << row.note << "\n" << result.err;
    EXPECT_TRUE(std::filesystem::is_empty(directory.path())) << row.note;
  }
  transcript.ExpectGolden("hostile_export");
}

TEST(HostileServer, ImportEndsWithAnErrorThatSaysWhatHappened) {
  const std::vector<WrongAnswer> rows = {
      {"truncates the answer",
       {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        "99\r\n\r\n{\"stored\"",
        Then::kClose},
       4},
      {"truncates the JSON", JsonReply(200, "{\"stored\":1"), 1},
      {"resets", {"", Then::kReset}, 4},
      {"never answers", {"", Then::kHang}, 4},
      {"answers HTML",
       {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"},
       1},
      {"answers without end",
       {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n ", Then::kFlood},
       1},
      {"counts wrongly", JsonReply(200, R"({"stored":2,"rejected":0,"errors":[]})"), 1},
      {"rejects a line that was not sent",
       JsonReply(200,
                 R"({"stored":0,"rejected":1,"errors":[{"line":9,"error":"X","message":"m"}]})"),
       1},
      {"refuses it whole", ErrorReply(403, "FORBIDDEN", "read only"), 1},
      {"forgets that it takes batches", ErrorReply(404, "NOT_FOUND", "no such path"), 1},
  };
  Transcript transcript;
  for (const WrongAnswer& row : rows) {
    const ScriptedServer server([&row](const std::string& request) {
      const bool is_question = request.ends_with("\r\n\r\n");
      return is_question ? JsonReply(200, R"({"stored":0,"rejected":0,"errors":[]})") : row.reply;
    });
    transcript.Note(row.note);
    const RunResult result = transcript.Run(
        server.endpoint(), {"import", "-"},
        {.environment = {{"PRODUCTCTL_TIMEOUT", PatienceWith(row.reply)}}, .input = kSampleJson});
    EXPECT_EQ(result.exit_code, row.exit_code) << row.note << "\n" << result.err;
  }
  transcript.ExpectGolden("hostile_import");
}

TEST(HostileServer, ImportSurvivesOneThatFailsForAWhile) {
  std::atomic<int> requests{0};
  const ScriptedServer server([&](const std::string& request) -> Reply {
    switch (++requests) {
      case 2:
        return ErrorReply(500, "INTERNAL", "internal error");
      case 3:
        return {"", Reply::Then::kReset};
      case 4:
        return ErrorReply(503, "OVERLOADED", "too many batches are being received");
      default:
        return FakeCatalog(request);
    }
  });
  const RunResult result =
      RunProductctl({"import", "-", "--endpoint", server.endpoint()}, {.input = kSampleJson});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(result.out.starts_with("imported 1 products in ")) << result.out;
  EXPECT_EQ(requests, 5);
}

}  // namespace
}  // namespace products::cli
