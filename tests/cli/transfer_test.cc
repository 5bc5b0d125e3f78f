#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/product/product_json.h"
#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

using test::ReadFile;
using test::TempDir;
using test::WriteFile;

const std::vector<std::string> kFormats = {"table", "json", "plain"};

// Two good lines, three bad ones, and product 7, which the server refuses.
constexpr char kMixedLines[] =
    R"({"product_id":1,"sku":"ABC-123-XYZ","manufacturer":"Acme","category_id":4,"some_other_id":7})"
    "\n\n{\"product_id\":5}\nnot json\n"
    R"({"product_id":7,"sku":"S","manufacturer":"M","category_id":1,"weight":1,"some_other_id":1})"
    "\n"
    R"({"product_id":9,"sku":"S","manufacturer":"M","category_id":1,"weight":1,"some_other_id":1})"
    "\n{\"product_id\":1,\"sku\":\"\xff\"}\n";

std::string Batch(int stored) {
  return "{\"stored\":" + std::to_string(stored) + ",\"rejected\":0,\"errors\":[]}\n";
}

std::string BodyOf(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

int LinesIn(const std::string& text) {
  int lines = 0;
  for (const char byte : text) lines += byte == '\n' ? 1 : 0;
  return lines;
}

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(Export, WritesWhatTheServerHas) {
  const ScriptedServer server(FakeCatalog);
  const TempDir directory;
  Transcript transcript;
  transcript.HideDirectory(directory.path());
  for (const std::string& format : kFormats) {
    EXPECT_EQ(
        transcript
            .Run(server.endpoint(), {"export", directory.File(format + ".ndjson"), "-o", format})
            .exit_code,
        0);
  }
  transcript.Run(server.endpoint(), {"export", directory.File("a.csv")});
  transcript.Run(server.endpoint(), {"export", "-"});
  transcript.Run(server.endpoint(), {"export", "-", "--format", "csv", "-o", "json"});
  for (const int columns : {80, 200}) {
    transcript.Note("at a terminal of " + std::to_string(columns) + " columns");
    transcript.Run(server.endpoint(), {"export", directory.File("b.ndjson")},
                   {.terminal_columns = columns});
  }
  transcript.Note("a full disk");
  EXPECT_EQ(transcript.Run(server.endpoint(), {"export", "/dev/full", "--format", "csv"}).exit_code,
            1);
  EXPECT_EQ(transcript.Run(server.endpoint(), {"export", "-"}, {.out_path = "/dev/full"}).exit_code,
            1);
  transcript.ExpectGolden("export");
  EXPECT_EQ(NamesIn(directory.path()), (std::vector<std::string>{"a.csv", "b.ndjson", "json.ndjson",
                                                                 "plain.ndjson", "table.ndjson"}));
}

TEST(Export, ReplacesAFileAndKeepsItsRightsOrLeavesItAlone) {
  const TempDir directory;
  const std::string path = directory.File("a.ndjson");
  WriteFile(path, "old");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  std::filesystem::create_symlink(path, directory.File("link.ndjson"));
  {
    const ScriptedServer failing(
        [](const std::string&) { return ErrorReply(500, "INTERNAL", "internal error"); });
    EXPECT_EQ(RunProductctl({"export", path, "--endpoint", failing.endpoint()}).exit_code, 1);
    EXPECT_EQ(ReadFile(path), "old");
  }
  const ScriptedServer server(FakeCatalog);
  EXPECT_EQ(
      RunProductctl({"export", directory.File("link.ndjson"), "--endpoint", server.endpoint()})
          .exit_code,
      0);
  EXPECT_TRUE(ReadFile(path).starts_with(kSampleJson));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
  EXPECT_TRUE(std::filesystem::is_symlink(directory.File("link.ndjson")));
  EXPECT_EQ(NamesIn(directory.path()).size(), 2u);
}

TEST(Export, SignalsToEndLeaveNothing) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const TempDir directory;
    std::atomic<int> reached{0};
    const ScriptedServer server([&](const std::string&) -> Reply {
      reached = 1;
      reached.notify_all();
      return {std::string("HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n") +
                  kSampleJson,
              Reply::Then::kHang};
    });
    ChildProcess process(PRODUCTCTL_BINARY, {"export", directory.File("a.ndjson.gz"), "--endpoint",
                                             server.endpoint()});
    reached.wait(0);
    process.Signal(signal);
    const RunResult result = process.Wait();
    EXPECT_EQ(result.exit_code, 130) << signal;
    EXPECT_NE(result.err.find("interrupted; no file was written\n"), std::string::npos)
        << result.err;
    EXPECT_EQ(NamesIn(directory.path()), std::vector<std::string>()) << signal;
  }
}

TEST(Export, GoesPageByPageWhereThereIsNoStream) {
  const std::string second =
      R"({"product_id":3,"sku":"}]\"{","manufacturer":"a","category_id":1,"weight":2,)"
      R"("some_other_id":4)";
  const std::string first = std::string(kSampleJson, sizeof(kSampleJson) - 2);
  const ScriptedServer server([&](const std::string& request) {
    if (Asks(request, "GET /products?limit=250")) {
      return JsonReply(200, "{\"products\":[" + first + "],\"next_after\":1}\n");
    }
    if (Asks(request, "GET /products?limit=250&after=1")) {
      return JsonReply(200, "{\"products\":[" + second + ",\"x\":{}}]}\n");
    }
    return JsonReply(200, "{\"products\":[]}\n");
  });
  const RunResult result = RunProductctl({"export", "-", "--endpoint", server.endpoint()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, first + "\n" + second + "}\n");
}

TEST(Import, StoresWhatIsRightAndTellsOfTheRest) {
  const ScriptedServer server(FakeCatalog);
  const TempDir directory;
  Transcript transcript;
  transcript.HideDirectory(directory.path());
  for (const std::string& format : kFormats) {
    EXPECT_EQ(
        transcript.Run(server.endpoint(), {"import", "-", "-o", format}, {.input = kMixedLines})
            .exit_code,
        5);
  }
  transcript.Note("each product by itself");
  transcript.Run(server.endpoint(), {"import", "-", "--mode", "each"}, {.input = kMixedLines});
  transcript.Note("dry run");
  EXPECT_EQ(transcript.Run(server.endpoint(), {"import", "-", "--dry-run"}, {.input = kMixedLines})
                .exit_code,
            5);
  transcript.Run("", {"import", "-", "--dry-run"}, {.input = kSampleJson});
  for (const int columns : {80, 200}) {
    transcript.Note("at a terminal of " + std::to_string(columns) + " columns");
    transcript.Run(server.endpoint(), {"import", "-"},
                   {.input = kMixedLines, .terminal_columns = columns});
  }
  transcript.Note("refused lines into a file");
  transcript.Run(server.endpoint(), {"import", "-", "--rejects", directory.File("r")},
                 {.input = kMixedLines});
  EXPECT_EQ(ReadFile(directory.File("r")),
            "{\"line\":3,\"reason\":\"sku is required\",\"text\":\"{\\\"product_id\\\":5}\"}\n"
            "{\"line\":4,\"reason\":\"Invalid JSON: invalid character 'o' in literal null "
            "(expecting 'u')\",\"text\":\"not json\"}\n"
            "{\"line\":7,\"reason\":\"Invalid JSON: invalid UTF-8\",\"text\":\"{"
            "\\\"product_id\\\":1,\\\"sku\\\":\\\"\xEF\xBF\xBD\\\"}\"}\n"
            "{\"line\":5,\"reason\":\"weight must be \\u003e= 0 (INVALID_INPUT)\",\"text\":\"{"
            "\\\"product_id\\\":7,\\\"sku\\\":\\\"S\\\",\\\"manufacturer\\\":\\\"M\\\","
            "\\\"category_id\\\":1,\\\"weight\\\":1,\\\"some_other_id\\\":1}\"}\n");
  transcript.Note("CSV");
  WriteFile(directory.File("a.csv"),
            "sku,product_id,manufacturer,category_id,some_other_id\r\n"
            "\"a,\"\"b\r\n\",1,M,1,1\r\nx,y,z\r\nq\"q,2,M,1,1\r\ns,3,M,1,1\r\n");
  transcript.Run(server.endpoint(), {"import", directory.File("a.csv")});
  transcript.Note("a wrong header row");
  WriteFile(directory.File("b.csv"), "sku,product,manufacturer\n");
  EXPECT_EQ(transcript.Run(server.endpoint(), {"import", directory.File("b.csv")}).exit_code, 2);
  transcript.Note("a server without batches");
  const ScriptedServer old([](const std::string& request) {
    return Asks(request, "POST /products/batch") ? ErrorReply(404, "NOT_FOUND", "no such path")
                                                 : NoContentReply();
  });
  transcript.Run(old.endpoint(), {"import", "-"}, {.input = kSampleJson});
  EXPECT_EQ(
      transcript.Run(old.endpoint(), {"import", "-", "--mode", "batch"}, {.input = kSampleJson})
          .exit_code,
      1);
  transcript.ExpectGolden("import");
}

TEST(Import, GoesOnWhereAnInterruptedOneEnded) {
  const TempDir directory;
  const std::string path = directory.File("a.ndjson");
  WriteFile(path, RunProductctl({"seed", "--count", "120000", "--dry-run", "-o", "json"}).out);
  std::atomic<int> reached{0};
  std::mutex mutex;
  std::vector<std::string> bodies;
  const ScriptedServer server([&](const std::string& request) -> Reply {
    const std::string body = BodyOf(request);
    if (body.empty()) return JsonReply(200, Batch(0));
    const std::lock_guard lock(mutex);
    bodies.push_back(body);
    if (bodies.size() == 2) {
      reached = 1;
      reached.notify_all();
      return {"", Reply::Then::kHang};
    }
    return JsonReply(200, Batch(LinesIn(body)));
  });
  const std::vector<std::string> import = {"import", path, "--endpoint", server.endpoint()};
  {
    ChildProcess process(PRODUCTCTL_BINARY, import);
    reached.wait(0);
    process.Signal(SIGINT);
    const RunResult result = process.Wait();
    EXPECT_EQ(result.exit_code, 130);
    EXPECT_TRUE(result.out.starts_with("imported 50000 products in ")) << result.out;
    EXPECT_NE(result.err.find("everything before line 50001 is done\nto go on: productctl import " +
                              path + " --endpoint " + server.endpoint() + " --resume\n"),
              std::string::npos)
        << result.err;
  }
  EXPECT_EQ(NamesIn(directory.path()),
            (std::vector<std::string>{"a.ndjson", "a.ndjson.productctl-import"}));
  {
    std::vector<std::string> elsewhere = {"import", path, "--resume", "--endpoint",
                                          "http://127.0.0.1:" + std::to_string(FindClosedPort())};
    EXPECT_EQ(RunProductctl(elsewhere).exit_code, 2);
  }
  std::vector<std::string> resume = import;
  resume.emplace_back("--resume");
  const auto written = std::filesystem::last_write_time(path);
  std::filesystem::last_write_time(path, written + std::chrono::seconds(1));
  const RunResult changed = RunProductctl(resume);
  EXPECT_EQ(changed.exit_code, 2);
  EXPECT_NE(changed.err.find("the file has changed since"), std::string::npos) << changed.err;
  std::filesystem::last_write_time(path, written);
  const RunResult result = RunProductctl(resume);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(result.out.starts_with("imported 70000 products in ")) << result.out;
  EXPECT_NE(result.err.find("resuming at line 50001\n"), std::string::npos) << result.err;
  const std::lock_guard lock(mutex);
  ASSERT_EQ(bodies.size(), 4u);
  EXPECT_EQ(bodies[0] + bodies[2] + bodies[3], ReadFile(path));
  EXPECT_EQ(NamesIn(directory.path()), std::vector<std::string>{"a.ndjson"});
}

TEST(Import, GoneOnWithTellsOfEachRefusedLineOnce) {
  const TempDir directory;
  const std::string path = directory.File("a.ndjson");
  const std::string rejects = directory.File("rejects.ndjson");
  // Every product 7 is refused by the server, every line without sku here: some in what is done
  // before the end, some in what is under way then.
  std::string text;
  std::vector<std::string> lines;
  for (int line = 1; line <= 60; ++line) {
    const int id = line % 10 == 0 ? 7 : 1000 + line;
    const std::string sku = line % 10 == 5 ? "" : R"("sku":"S",)";
    text += "{\"product_id\":" + std::to_string(id) + "," + sku +
            R"("manufacturer":"M","category_id":1,"weight":1,"some_other_id":1})"
            "\n";
    if (line % 5 == 0) lines.push_back("{\"line\":" + std::to_string(line) + ",");
  }
  WriteFile(path, text);
  std::atomic<int> hangs_at{1041};
  const auto reached = std::make_shared<std::atomic<bool>>(false);
  const ScriptedServer server([&](const std::string& request) {
    if (request.starts_with("POST /products/" + std::to_string(hangs_at) + "/")) {
      *reached = true;
      return Reply{"", Reply::Then::kHang};
    }
    return FakeCatalog(request);
  });
  std::vector<std::string> import = {"import", path, "--mode", "each", "--concurrency", "2"};
  import.insert(import.end(), {"--rejects", rejects, "--endpoint", server.endpoint()});
  import.insert(import.end(), {"--timeout", "1h"});
  {
    ChildProcess process(PRODUCTCTL_BINARY, import);
    // The other connection goes on behind line 41, to the end of the file: with each request it has
    // read the answer before.
    while (server.requests() < 54 || !*reached) std::this_thread::yield();
    process.Signal(SIGINT);
    const RunResult result = process.Wait();
    EXPECT_EQ(result.exit_code, 130);
    EXPECT_NE(result.err.find("everything before line 41 is done\n"), std::string::npos)
        << result.err;
  }
  EXPECT_NE(ReadFile(rejects).find("{\"line\":45,"), std::string::npos);
  // As a kill in the middle of a line leaves it.
  WriteFile(rejects, ReadFile(rejects) + "{\"line\":3");
  hangs_at = 0;
  import.emplace_back("--resume");
  EXPECT_EQ(RunProductctl(import).exit_code, 5);
  std::vector<std::string> told;
  std::istringstream file(ReadFile(rejects));
  for (std::string line; std::getline(file, line);)
    told.push_back(line.substr(0, line.find(',') + 1));
  std::sort(told.begin(), told.end());
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(told, lines);
  EXPECT_EQ(NamesIn(directory.path()), (std::vector<std::string>{"a.ndjson", "rejects.ndjson"}));
}

TEST(Import, CtrlCEndsTheWaitForAPipe) {
  const TempDir directory;
  const ScriptedServer server(FakeCatalog);
  // Both ends stay open, so that the pipe never ends.
  ChildProcess process(
      "/bin/sh",
      {"-c", "mkfifo \"$1\"; exec 7<>\"$1\"; exec \"$0\" import - --endpoint \"$2\" <&7",
       PRODUCTCTL_BINARY, directory.File("pipe"), server.endpoint()},
      {.environment = {{"PATH", "/usr/bin:/bin"}}});
  while (server.requests() == 0) {
  }
  process.Signal(SIGINT);
  EXPECT_EQ(process.Wait().exit_code, 130);
}

// Else what is read is emptied before the first line of it.
TEST(Rejects, OfTheFileThatIsReadAreAMistake) {
  const ScriptedServer server(FakeCatalog);
  const TempDir directory;
  const std::string path = directory.File("a.ndjson");
  WriteFile(path, kSampleJson);
  std::filesystem::create_symlink(path, directory.File("link"));
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"import"}, {"import", "--dry-run"}, {"diff"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(),
                     {path, "--rejects", directory.File("link"), "--endpoint", server.endpoint()});
    const RunResult result = RunProductctl(arguments);
    EXPECT_EQ(result.exit_code, 2) << command.back();
    EXPECT_NE(result.err.find("is the file that is read"), std::string::npos) << result.err;
    EXPECT_EQ(ReadFile(path), kSampleJson) << command.back();
  }
}

TEST(Diff, TellsWhatAnImportWouldDo) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  // Not sorted, the first of two products 9 overruled, the second of the server as it is.
  const std::string lines =
      R"({"product_id":9,"sku":"old","manufacturer":"M","category_id":1,"some_other_id":1})"
      "\n"
      R"({"product_id":1,"sku":"A\"\n","manufacturer":"Acme Corporation","category_id":456,"weight":1,"some_other_id":789})"
      "\n{}\n"
      R"({"product_id":9,"sku":"new","manufacturer":"M","category_id":1,"some_other_id":1})"
      "\n";
  for (const std::string& format : kFormats) {
    EXPECT_EQ(
        transcript.Run(server.endpoint(), {"diff", "-", "-o", format}, {.input = lines}).exit_code,
        5);
  }
  transcript.Run(server.endpoint(), {"diff", "-", "-o", "json"}, {.input = kSampleJson});
  for (const int columns : {80, 200}) {
    transcript.Note("at a terminal of " + std::to_string(columns) + " columns");
    transcript.Run(server.endpoint(), {"diff", "-"},
                   {.input = kSampleJson, .terminal_columns = columns});
  }
  transcript.ExpectGolden("diff");
}

#ifdef PRODUCTD_BINARY

std::vector<Product> AwkwardProducts() {
  std::string emoji;
  for (int i = 0; i < 200; ++i) emoji += "\xF0\x9F\x98\x80";
  return {
      {1, "\"quoted\", \"twice\"\"", "line\nfeed", 1, 0, 1},
      {2, "\r\n", "\r", 1, 0, 1},
      {3, emoji.substr(0, 400), emoji, 2147483647, 2147483647, 2147483647},
      {4, "\xE2\x80\xA8\xE2\x80\xA9", "<&>\\/\x01\x1f\x7f", 1, 0, 1},
      {5, " leading", "trailing ", 1, 0, 1},
      {6, ",", "\"", 1, 0, 1},
      {7, "\xEF\xBB\xBFmark", "\t", 1, 0, 1},
      {8, std::string(100, '"'), std::string(200, '\x02'), 1, 0, 1},
      {9, "0123", "=1+1", 1, 0, 1},
      {2147483647, "last", std::string("nul\0", 4), 1, 0, 1},
  };
}

TEST(Transfer, EveryFormBringsEveryProductBackByteForByte) {
  const TempDir directory;
  std::string canonical;
  for (const Product& product : AwkwardProducts()) AppendProduct(canonical, product);
  WriteFile(directory.File("a.ndjson"), canonical);
  std::string from = directory.File("a.ndjson");
  for (const std::string name : {"b.ndjson", "c.csv", "d.ndjson.gz", "e.csv.gz", "f.ndjson"}) {
    const test::ServerProcess server(
        PRODUCTD_BINARY, test::ServerProcess::ProductdArguments({"--storage-engine", "memory"}));
    const std::string endpoint = "http://" + server.address();
    const RunResult imported = RunProductctl({"import", from, "--endpoint", endpoint});
    EXPECT_EQ(imported.exit_code, 0) << from << imported.err;
    const RunResult listed = RunProductctl({"export", "-", "--endpoint", endpoint});
    EXPECT_EQ(listed.out, canonical) << from;
    EXPECT_EQ(RunProductctl({"diff", from, "--endpoint", endpoint}).out, "0\t0\t10\t0\t0\n");
    from = directory.File(name);
    EXPECT_EQ(RunProductctl({"export", from, "--endpoint", endpoint}).exit_code, 0) << name;
  }
  EXPECT_EQ(ReadFile(from), canonical);
}

#endif

}  // namespace
}  // namespace products::cli
