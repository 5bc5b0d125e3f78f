#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"

namespace products::cli {
namespace {

using Then = Reply::Then;

std::string WithBody(const std::string& head, const std::string& body) {
  return "HTTP/1.1 200 OK\r\n" + head + "\r\n" + body;
}

// Every way a server is known to go wrong between accept and close.
std::vector<WrongAnswer> WrongAnswers() {
  const std::string sample = kSampleJson;
  const std::string json = "Content-Type: application/json\r\n";
  return {
      {"closes without a word", {"", Then::kClose}, 4},
      {"resets", {"", Then::kReset}, 4},
      {"resets in the middle of the body",
       {WithBody(json + "Content-Length: 123\r\n", sample.substr(0, 40)), Then::kReset},
       4},
      {"never answers", {"", Then::kHang}, 4},
      {"stops in the header section", {"HTTP/1.1 200 OK\r\nContent-", Then::kHang}, 4},
      {"closes in the header section", {"HTTP/1.1 200 OK\r\nContent-Ty", Then::kClose}, 1},
      {"stops in the body",
       {WithBody(json + "Content-Length: 123\r\n", sample.substr(0, 40)), Then::kHang},
       4},
      {"truncates the body",
       {WithBody(json + "Content-Length: 123\r\n", sample.substr(0, 40)), Then::kClose},
       4},
      {"truncates a body of unknown length",
       {WithBody(json, sample.substr(0, 40)), Then::kClose},
       1},
      {"truncates a chunk",
       {WithBody(json + "Transfer-Encoding: chunked\r\n", "7b\r\n{\"product_id\":1,"),
        Then::kClose},
       4},
      {"breaks the chunk framing",
       {WithBody(json + "Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"), Then::kClose},
       4},
      {"drips the body", {WithBody(json + "Content-Length: 99999\r\n", "{ "), Then::kDrip}, 4},
      {"announces a huge body",
       {WithBody(json + "Content-Length: 9999999999\r\n", " "), Then::kFlood},
       1},
      {"sends without end", {WithBody(json, " "), Then::kFlood}, 1},
      {"sends headers without end",
       {"HTTP/1.1 200 OK\r\n" +
            [] {
              std::string headers;
              for (int i = 0; i < 5000; ++i) headers += "X-Filler: aaaaaaaaaaaaaaaaaaaa\r\n";
              return headers;
            }(),
        Then::kClose},
       1},
      {"has one endless header line", {"HTTP/1.1 200 OK\r\nX-Filler: a", Then::kFlood}, 1},
      {"speaks another protocol", {"SSH-2.0-OpenSSH_9.2\r\n", Then::kClose}, 1},
      {"sends zero bytes", {std::string(100, '\0'), Then::kClose}, 1},
      {"answers HTML", {WithBody("Content-Type: text/html\r\nContent-Length: 6\r\n", "<html>")}, 1},
      {"answers without a type", {WithBody("Content-Length: 2\r\n", "{}")}, 1},
      {"answers what is not JSON", JsonReply(200, "hello"), 1},
      {"answers an empty body", JsonReply(200, ""), 1},
      {"answers deep nesting", JsonReply(200, std::string(200'000, '[')), 1},
      {"answers an array", JsonReply(200, "[]"), 1},
      {"answers another product",
       JsonReply(200,
                 "{\"product_id\":2,\"sku\":\"S\",\"manufacturer\":\"M\",\"category_id\":1,"
                 "\"weight\":1,\"some_other_id\":1}"),
       1},
      {"answers a product without fields", JsonReply(200, "{\"product_id\":1}"), 1},
      {"answers 204", NoContentReply(), 1},
      {"redirects",
       {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"},
       1},
      {"answers 404 without saying what", JsonReply(404, "nope"), 1},
      {"answers 404 in HTML",
       {"HTTP/1.1 404 X\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"},
       1},
      {"has another path", ErrorReply(404, "NOT_FOUND", "no such path"), 1},
      {"does not take the method", ErrorReply(405, "METHOD_NOT_ALLOWED", "no"), 1},
      {"has not implemented it", {"HTTP/1.1 501 X\r\nContent-Length: 0\r\n\r\n"}, 1},
      {"refuses", ErrorReply(400, "INVALID_INPUT", "no"), 1},
      {"refuses with escape sequences", ErrorReply(400, "X\\u001b[2J", "a\\u001b[31mb\\nc"), 1},
      {"answers 500", ErrorReply(500, "INTERNAL", "internal error"), 1},
      {"answers 500 without a body", {"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"}, 1},
      {"is overloaded", ErrorReply(503, "OVERLOADED", "queue is full"), 1},
      {"answers a status that does not exist", JsonReply(999, "{}"), 1},
      {"answers only 100 Continue", {"HTTP/1.1 100 Continue\r\n\r\n", Then::kHang}, 4},
  };
}

TEST(HostileServer, GetEndsWithAnErrorThatSaysWhatHappened) {
  Transcript transcript;
  for (const WrongAnswer& row : WrongAnswers()) {
    const ScriptedServer server([&row](const std::string&) { return row.reply; });
    transcript.Note(row.note);
    // Repetitions are another test's; how many fit into the timeout is chance.
    const RunResult result =
        transcript.Run(server.endpoint(), {"get", "1"},
                       {.environment = {{"PRODUCTCTL_RETRIES", "0"},
                                        {"PRODUCTCTL_TIMEOUT", PatienceWith(row.reply)}}});
    EXPECT_EQ(result.exit_code, row.exit_code) << row.note << "\n" << result.err;
    EXPECT_EQ(result.out, "") << row.note;
    EXPECT_NE(result.err.find("GET " + server.endpoint() + "/products/1"), std::string::npos)
        << row.note << "\n"
        << result.err;
    EXPECT_NE(result.err.find("\n  try: "), std::string::npos) << row.note;
  }
  transcript.ExpectGolden("hostile_get");
}

TEST(HostileServer, PutEndsWithAnErrorThatSaysWhatHappened) {
  for (const WrongAnswer& row : WrongAnswers()) {
    if (row.note == "answers 204") continue;
    const ScriptedServer server([&row](const std::string&) { return row.reply; });
    const RunResult result = RunProductctl({"put", "-f", "-", "--timeout", PatienceWith(row.reply),
                                            "--retries", "0", "--endpoint", server.endpoint()},
                                           {.input = kSampleJson});
    EXPECT_TRUE(result.exit_code == 1 || result.exit_code == 4) << row.note << result.exit_code;
    EXPECT_NE(result.err.find("POST " + server.endpoint() + "/products/1/details"),
              std::string::npos)
        << row.note << "\n"
        << result.err;
  }
}

TEST(HostileServer, DeleteEndsWithAnErrorThatSaysWhatHappened) {
  for (const WrongAnswer& row : WrongAnswers()) {
    if (row.note == "answers 204") continue;
    const ScriptedServer server([&row](const std::string&) { return row.reply; });
    const RunOptions options{
        .environment = {{"PRODUCTCTL_ENDPOINT", server.endpoint()}, {"PRODUCTCTL_RETRIES", "0"}}};
    const RunResult one =
        RunProductctl({"delete", "1", "--timeout", PatienceWith(row.reply)}, options);
    EXPECT_TRUE(one.exit_code == 1 || one.exit_code == 4) << row.note << one.exit_code;
    EXPECT_NE(one.err.find("DELETE " + server.endpoint() + "/products/1"), std::string::npos)
        << row.note << "\n"
        << one.err;
    const RunResult many =
        RunProductctl({"delete", "1", "2", "--timeout", PatienceWith(row.reply)}, options);
    EXPECT_TRUE(many.exit_code == 5 || many.exit_code == 4) << row.note << many.exit_code;
    EXPECT_EQ(many.out.find("deleted 0 of 2 products, 0 not found"), 0u) << row.note << many.out;
  }
}

TEST(HostileServer, VersionAndHealthSurviveItToo) {
  for (const WrongAnswer& row : WrongAnswers()) {
    const ScriptedServer server([&row](const std::string&) { return row.reply; });
    const RunOptions options{.environment = {{"PRODUCTCTL_ENDPOINT", server.endpoint()}}};
    const RunResult version =
        RunProductctl({"version", "--timeout", PatienceWith(row.reply)}, options);
    EXPECT_TRUE(version.out.ends_with("\tunknown\tunknown\n")) << row.note << version.out;
    EXPECT_NE(version.err.find("GET " + server.endpoint() + "/version: "), std::string::npos)
        << row.note << version.err;
    const bool has_none = row.reply.bytes.starts_with("HTTP/1.1 404 ");
    EXPECT_TRUE(has_none ? version.exit_code == 0
                         : version.exit_code == 1 || version.exit_code == 4)
        << row.note << version.exit_code;
    const int health =
        RunProductctl({"health", "--timeout", PatienceWith(row.reply)}, options).exit_code;
    EXPECT_TRUE(health == 1 || health == 4) << row.note << health;
  }
}

TEST(Unreachable, IsToldApartByExitCodeFour) {
  Transcript transcript;
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(FindClosedPort());
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"get", "1"},
                                             {"list"},
                                             {"delete", "1"},
                                             {"put", "1", "--sku", "S", "--manufacturer", "M",
                                              "--category-id", "1", "--some-other-id", "1"},
                                             {"health"},
                                             {"seed"},
                                             {"seed", "--if-empty"}}) {
    EXPECT_EQ(transcript.Run(nowhere, arguments).exit_code, 4);
  }
  transcript.ExpectGolden("unreachable");
}

TEST(Proxy, OfTheEnvironmentIsNotUsedForThisMachine) {
  const ScriptedServer server(FakeCatalog);
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(FindClosedPort());
  for (const std::string host : {"127.0.0.1", "127.1", "localhost", "LocalHost"}) {
    const std::string endpoint = host + ":" + std::to_string(server.port());
    const RunResult result = RunProductctl({"get", "1", "--endpoint", endpoint},
                                           {.environment = {{"http_proxy", nowhere}}});
    EXPECT_EQ(result.exit_code, 0) << host << result.err;
  }
}

TEST(Proxy, OfTheEnvironmentIsUsedForOthers) {
  const ScriptedServer proxy([](const std::string&) { return JsonReply(200, kSampleJson); });
  for (const std::string host : {"catalog.invalid", "127.catalog.invalid"}) {
    const RunResult result =
        RunProductctl({"get", "1", "-o", "json", "--endpoint", "http://" + host},
                      {.environment = {{"http_proxy", proxy.endpoint()}}});
    EXPECT_EQ(result.exit_code, 0) << host << result.err;
    EXPECT_EQ(result.out, kSampleJson) << host;
  }
}

}  // namespace
}  // namespace products::cli
