#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"

namespace products::cli {
namespace {

const std::vector<std::string> kFormats = {"table", "json", "plain"};

std::string SmallProduct(int id) {
  return R"({"product_id":)" + std::to_string(id) + R"(,"sku":"S)" + std::to_string(id) +
         R"(","manufacturer":"M","category_id":1,"weight":2,"some_other_id":3})";
}

// A catalogue of `count` products in pages of at most `most`, whatever is asked for.
Reply BigCatalog(const std::string& request, int count, int most) {
  const auto number = [&request](const std::string& name) {
    const std::size_t at = request.find(name);
    return at == std::string::npos ? 0 : std::stoi(request.substr(at + name.size()));
  };
  const int after = number("after=");
  const int last = std::min(count, after + std::min(most, number("limit=")));
  std::string page = "{\"products\":[";
  for (int id = after + 1; id <= last; ++id) {
    page += (id == after + 1 ? "" : ",") + SmallProduct(id);
  }
  page += "]";
  if (last < count) page += ",\"next_after\":" + std::to_string(last);
  return JsonReply(200, page + "}\n");
}

TEST(List, PrintsTheCatalogueInEveryFormat) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  const auto list = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "list");
    EXPECT_EQ(transcript.Run(server.endpoint(), arguments).exit_code, 0);
  };
  for (const std::string& format : kFormats) {
    list({"-o", format});
    list({"--limit", "1", "--after", "1", "-o", format});
    list({"--columns", "weight,sku", "-o", format});
    list({"--after", "3", "-o", format});
  }
  list({"--all", "--columns", "product_id"});
  for (const int columns : {80, 200}) {
    transcript.Note("at a terminal of " + std::to_string(columns) + " columns");
    const RunOptions terminal{.terminal_columns = columns};
    EXPECT_EQ(transcript.Run(server.endpoint(), {"list"}, terminal).exit_code, 0);
    EXPECT_EQ(transcript.Run(server.endpoint(), {"list", "--limit", "2"}, terminal).exit_code, 0);
  }
  transcript.ExpectGolden("list");
}

TEST(List, JsonIsTheCanonicalBytes) {
  const ScriptedServer server(FakeCatalog);
  EXPECT_EQ(
      RunProductctl({"list", "--limit", "1", "-o", "json", "--endpoint", server.endpoint()}).out,
      kSampleJson);
}

TEST(List, FollowsTheCursorToItsLimitOrToTheEnd) {
  const ScriptedServer server(
      [](const std::string& request) { return BigCatalog(request, 1234, 1000); });
  struct Row {
    std::vector<std::string> flags;
    int first;
    int last;
    int requests;
  };
  const Row rows[] = {
      {{}, 1, 100, 1},
      {{"--limit", "1000"}, 1, 1000, 2},
      {{"--limit", "1001"}, 1, 1001, 3},
      {{"--all"}, 1, 1234, 3},
      {{"--all", "--after", "1233"}, 1234, 1234, 1},
      {{"--limit", "2147483647"}, 1, 1234, 3},
  };
  int requests = 0;
  for (const Row& row : rows) {
    std::vector<std::string> arguments = {"list", "--columns", "product_id", "--endpoint",
                                          server.endpoint()};
    arguments.insert(arguments.end(), row.flags.begin(), row.flags.end());
    std::string expected;
    for (int id = row.first; id <= row.last; ++id) expected += std::to_string(id) + "\n";
    const RunResult result = RunProductctl(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, expected) << testing::PrintToString(row.flags);
    EXPECT_EQ(server.requests() - requests, row.requests) << testing::PrintToString(row.flags);
    requests = server.requests();
  }
}

TEST(List, TablesKeepTheWidthsOfTheFirstPage) {
  const ScriptedServer server(
      [](const std::string& request) { return BigCatalog(request, 12, 3); });
  Transcript transcript;
  EXPECT_EQ(transcript.Run(server.endpoint(), {"list", "--all", "-o", "table"}).exit_code, 0);
  transcript.Note("at a terminal");
  EXPECT_EQ(
      transcript.Run(server.endpoint(), {"list", "--all"}, {.terminal_columns = 80}).exit_code, 0);
  transcript.ExpectGolden("list_pages");
}

TEST(List, EndsCleanlyWhenTheReaderLeaves) {
  // Without end, were it read to its end.
  const ScriptedServer server(
      [](const std::string& request) { return BigCatalog(request, 2'000'000'000, 500); });
  for (const std::string& format : kFormats) {
    const RunResult result = test::RunToEnd(
        "/bin/bash", {"-c", "set -o pipefail; " PRODUCTCTL_BINARY " list --all --endpoint " +
                                server.endpoint() + " -o " + format + " | head -n 2 | wc -l"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "2\n");
    EXPECT_EQ(result.err, "");
  }
}

TEST(List, FullDiskBehindStandardOutputIsAFailure) {
  const ScriptedServer server(
      [](const std::string& request) { return BigCatalog(request, 2'000'000'000, 500); });
  const RunResult result =
      RunProductctl({"list", "--all", "--endpoint", server.endpoint()}, {.out_path = "/dev/full"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "productctl: standard output could not be written\n");
}

TEST(List, SaysWhatAServerDoesWrong) {
  struct Row {
    std::string note;
    Reply first;
    Reply second;
  };
  const auto page = [](const std::string& products, const std::string& rest) {
    return JsonReply(200, "{\"products\":[" + products + "]" + rest + "}");
  };
  const std::string one = SmallProduct(1);
  const std::string two = SmallProduct(2);
  const Reply good = page(one, ",\"next_after\":1");
  // Named, for g++ 12 sees uninitialized memory in a list of unnamed ones.
  const Reply html{"HTTP/1.1 404 X\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"};
  const Reply csv{"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 2\r\n\r\n{}"};
  const Reply leaves{"", Reply::Then::kClose};
  const Reply hangs{"", Reply::Then::kHang};
  const Reply flood{"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n ",
                    Reply::Then::kFlood};
  const std::vector<Row> rows = {
      {"has no list", ErrorReply(404, "NOT_FOUND", "no such path"), good},
      {"has no list and says so in HTML", html, good},
      {"does not take the method", ErrorReply(405, "METHOD_NOT_ALLOWED", "no"), good},
      {"answers a product", JsonReply(200, kSampleJson), good},
      {"answers what is not JSON", JsonReply(200, "{\"products\":["), good},
      {"answers another type", csv, good},
      {"answers a number for a list", JsonReply(200, "{\"products\":5}"), good},
      {"answers a text for a product", page("\"x\"", ""), good},
      {"answers a product without sku", page("{\"product_id\":1}", ""), good},
      {"answers a weight that is a text",
       page(R"({"product_id":1,"sku":"S","manufacturer":"M","category_id":1,"weight":"2"})", ""),
       good},
      {"answers more than asked for", page(one + "," + two + "," + SmallProduct(3), ""), good},
      {"is not in order", page(two + "," + one, ""), good},
      {"has a product twice", page(one + "," + one, ""), good},
      {"begins anew", good, good},
      {"goes back", page(two, ",\"next_after\":2"), page(one, "")},
      {"has an endless cursor", good, page("", ",\"next_after\":1")},
      {"has a cursor that leads elsewhere", page(one, ",\"next_after\":5"), good},
      {"has a cursor that is a text", page(one, ",\"next_after\":\"1\""), good},
      {"fails at the second page", good, ErrorReply(500, "INTERNAL", "internal error")},
      {"leaves at the second page", good, leaves},
      {"hangs at the second page", good, hangs},
      {"answers deep nesting", JsonReply(200, std::string(200'000, '[')), good},
      {"answers a page without end", flood, good},
  };
  Transcript transcript;
  for (const Row& row : rows) {
    const ScriptedServer server([&row](const std::string& request) {
      return request.find("after=") == std::string::npos ? row.first : row.second;
    });
    transcript.Note(row.note);
    const RunResult result =
        transcript.Run(server.endpoint(), {"list", "--limit", "2"},
                       {.environment = {{"PRODUCTCTL_RETRIES", "0"},
                                        {"PRODUCTCTL_TIMEOUT", PatienceWith(row.second)}}});
    EXPECT_TRUE(result.exit_code == 1 || result.exit_code == 4) << row.note << result.exit_code;
    EXPECT_NE(result.err.find("GET " + server.endpoint() + "/products?limit="), std::string::npos)
        << row.note << result.err;
  }
  transcript.ExpectGolden("hostile_list");
}

}  // namespace
}  // namespace products::cli
