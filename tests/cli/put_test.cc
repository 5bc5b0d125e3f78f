#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

const std::vector<std::string> kFormats = {"table", "json", "plain"};

TEST(Put, SendsTheCanonicalProductAndIsQuiet) {
  std::string seen;
  {
    const ScriptedServer server([&seen](const std::string& request) {
      seen = request;
      return NoContentReply();
    });
    const RunResult result = RunProductctl(
        {"put", "1", "--sku", "ABC-123-XYZ", "--manufacturer", "Acme Corporation", "--category-id",
         "456", "--weight", "1250", "--some-other-id", "789", "--endpoint", server.endpoint()});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out + result.err, "");
  }
  EXPECT_TRUE(Asks(seen, "POST /products/1/details")) << seen;
  EXPECT_NE(seen.find("\r\nContent-Type: application/json\r\n"), std::string::npos) << seen;
  EXPECT_EQ(seen.substr(seen.find("\r\n\r\n") + 4), kSampleJson);
}

TEST(Put, TakesAProductFromAFileOrStandardInput) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  const auto put = [&](const std::vector<std::string>& arguments, const std::string& input) {
    return transcript.Run(server.endpoint(), arguments, {.input = input}).exit_code;
  };
  EXPECT_EQ(put({"put", "-f", "-"}, kSampleJson), 0);
  EXPECT_EQ(put({"put", "1", "-f", "-"}, kSampleJson), 0);
  transcript.Note("another id than the file's");
  EXPECT_EQ(put({"put", "2", "-f", "-"}, kSampleJson), 2);
  transcript.Note("of YAML");
  EXPECT_EQ(put({"put", "-f", "-"},
                "# a comment\nproduct_id: 3\nsku: 42\nmanufacturer: \"M: N\"\n"
                "category_id: 1\nsome_other_id: 2\n"),
            0);
  transcript.Note("more than any server takes");
  EXPECT_EQ(put({"put", "-f", "-"}, std::string(2 * 1024 * 1024, ' ')), 2);
  EXPECT_EQ(put({"put", "-f", "/nonexistent.json"}, ""), 2);
  EXPECT_EQ(put({"put", "-f", "/tmp"}, ""), 2);
  transcript.ExpectGolden("put_file");
}

TEST(Put, SaysWhatTheServerRefused) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  for (const std::string& format : kFormats) {
    const auto put = [&](const std::string& id) {
      return transcript
          .Run(server.endpoint(), {"put", id, "--sku", "S", "--manufacturer", "M", "--category-id",
                                   "1", "--some-other-id", "1", "-o", format})
          .exit_code;
    };
    EXPECT_EQ(put("3"), 0);
    EXPECT_EQ(put("7"), 1);
  }
  transcript.Note("at a terminal");
  transcript.Run(server.endpoint(), {"put", "-f", "-"},
                 {.input = kSampleJson, .terminal_columns = 80});
  transcript.ExpectGolden("put");
}

TEST(Put, FlagsOverruleTheFile) {
  std::string seen;
  {
    const ScriptedServer server([&seen](const std::string& request) {
      seen = request;
      return NoContentReply();
    });
    const RunResult result = RunProductctl(
        {"put", "5", "-f", "-", "--sku", "NEW", "--weight", "0", "--endpoint", server.endpoint()},
        {.input = R"({"sku":"","weight":-5,"manufacturer":"M","category_id":4,)"
                  R"("some_other_id":6,"product_id":null})"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  EXPECT_TRUE(Asks(seen, "POST /products/5/details")) << seen;
  EXPECT_EQ(seen.substr(seen.find("\r\n\r\n") + 4),
            R"({"product_id":5,"sku":"NEW","manufacturer":"M","category_id":4,"weight":0,)"
            "\"some_other_id\":6}\n");
}

TEST(Put, WithAConditionChangesOnlyWhatItMeans) {
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  const auto put = [&](const std::string& id, std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"put", id, "--sku", "S", "--manufacturer", "M", "--category-id",
                                 "1", "--some-other-id", "1"});
    return transcript.Run(server.endpoint(), flags).exit_code;
  };
  EXPECT_EQ(put("1", {"--if-match", "v1", "-o", "json"}), 0);
  EXPECT_EQ(put("1", {"--if-match", "v0"}), 1);
  EXPECT_EQ(put("8", {"--if-match", "v1"}), 1);
  EXPECT_EQ(put("8", {"--create-only"}), 0);
  EXPECT_EQ(put("1", {"--create-only"}), 1);
  transcript.ExpectGolden("put_condition");
}

TEST(Put, WithAConditionIsNotRepeated) {
  const ScriptedServer server([](const std::string&) { return Reply{"", Reply::Then::kReset}; });
  for (const std::vector<std::string>& condition :
       std::vector<std::vector<std::string>>{{"--create-only"}, {"--if-match", "v1"}}) {
    std::vector<std::string> arguments = {"put", "-f", "-", "--endpoint", server.endpoint()};
    arguments.insert(arguments.end(), condition.begin(), condition.end());
    EXPECT_EQ(RunProductctl(arguments, {.input = kSampleJson}).exit_code, 4);
  }
  EXPECT_EQ(server.requests(), 2);
}

TEST(Put, OfABrokenFileShowsThePlaceAndSendsNothing) {
  const std::string rest = "manufacturer: M\ncategory_id: 1\nsome_other_id: 1\n";
  const std::string inputs[] = {
      "",
      " \n\n",
      "not a product",
      "42",
      "\"text\"",
      "{",
      "{}",
      "{\n  \"sku\": \"A\",\n}",
      "{\"sku\": 5}",
      "{\"sku\": \"A\", \"weight\": \"heavy\"}",
      "{\"sku\": \"A\",\n \"weight\": 1.5}",
      "{\"sku\": \"A\", \"weight\": 99999999999999999999}",
      "{\"sku\": [\"A\"]}",
      "{\"sku\": {\"a\": \"A\"}}",
      "{\"sku\": \"A\", \"wieght\": 5}",
      "{\"sku\": \"A\", \"sku\": \"B\"}",
      "{\"sku\": \"\\udc00\"}",
      "{\"sku\": \"A\xff\"}",
      "{\"sku\":\"A\",\"manufacturer\":\"M\",\"category_id\":1,\n\t\"weight\":-5}",
      "{\"sku\":\"" + std::string(101, 'x') + "\",\"manufacturer\":\"M\"}",
      "[{\"product_id\":1}]",
      std::string(kSampleJson) + kSampleJson,
      std::string(100'000, '['),
      "sku: A\nweight: -5\n" + rest,
      "sku: A\nweight: \"5\"\n" + rest,
      "sku: A\nweight: five\n" + rest,
      "sku: A\nwieght: 5\n" + rest,
      "sku: A\nsku: B\n" + rest,
      "sku: [A]\n" + rest,
      "sku: A: B\n" + rest,
      "sku: 日本語のとても長い名前、\"引用符\"なしで書かれたもの: B\n" + rest,
      "sku: A\n\tweight: 5\n" + rest,
      "- sku: A\n",
      "sku: A\n---\nsku: B\n",
      "weight: 5\n" + rest,
      "product_id: 4\nsku: A\n" + rest,
      "sku: A\nweight: \x1b[31m\n" + rest,
      "? [a]\n: b\n",
  };
  const ScriptedServer server(FakeCatalog);
  Transcript transcript;
  for (const std::string& input : inputs) {
    EXPECT_EQ(
        transcript.Run(server.endpoint(), {"put", "3", "-f", "-"}, {.input = input}).exit_code, 2)
        << input;
  }
  EXPECT_EQ(server.requests(), 0);
  transcript.ExpectGolden("put_broken_file");
}

TEST(Put, TakesTheFormOfAFileFromItsName) {
  const ScriptedServer server(FakeCatalog);
  const test::TempDir directory;
  struct Row {
    std::string name;
    std::string text;
    int exit_code;
  };
  const std::string flow = "{sku: A, manufacturer: M, category_id: 1, some_other_id: 1}";
  const Row rows[] = {{"p.yaml", flow, 0}, {"p.yml", flow, 0},    {"p.json", flow, 2},
                      {"p.txt", flow, 2},  {"p", kSampleJson, 0}, {"p2.json", kSampleJson, 0}};
  for (const Row& row : rows) {
    const std::string path = directory.File(row.name);
    test::WriteFile(path, row.text);
    const RunResult result =
        RunProductctl({"put", "1", "-f", path, "--endpoint", server.endpoint()});
    EXPECT_EQ(result.exit_code, row.exit_code) << row.name << result.err;
    if (row.exit_code != 0) {
      EXPECT_EQ(result.err.find("productctl: " + path + ":1:"), 0u) << result.err;
    }
  }
}

}  // namespace
}  // namespace products::cli
