#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "cli/product_generator.h"
#include "core/product/product_json.h"
#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/server_process.h"

namespace products::cli {
namespace {

TEST(SeedBatch, SendsWhatADryRunPrints) {
  std::mutex mutex;
  std::string received;
  const ScriptedServer server([&](const std::string& request) {
    const std::lock_guard lock(mutex);
    received += request.substr(request.find("\r\n\r\n") + 4);
    return FakeCatalog(request);
  });
  const std::vector<std::string> seed = {
      "seed", "--count", "1000",       "--start",        "10", "--seed", "3",
      "-o",   "json",    "--endpoint", server.endpoint()};
  EXPECT_EQ(RunProductctl(seed).exit_code, 0);
  std::vector<std::string> dry_run = seed;
  dry_run.emplace_back("--dry-run");
  const RunResult printed = RunProductctl(dry_run);
  EXPECT_EQ(printed.exit_code, 0);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(printed.out, received);
  // Whether it takes batches, and one.
  EXPECT_EQ(server.requests(), 2);
}

TEST(SeedBatch, SaysWhatItDoesWhereThereIsNone) {
  Transcript transcript;
  for (const int status : {404, 405, 501}) {
    const ScriptedServer server([&](const std::string& request) {
      return Asks(request, "POST /products/batch") ? ErrorReply(status, "X", "no such path")
                                                   : NoContentReply();
    });
    EXPECT_EQ(transcript.Run(server.endpoint(), {"seed", "--count", "3"}).exit_code, 0);
    EXPECT_EQ(
        transcript.Run(server.endpoint(), {"seed", "--count", "3", "--mode", "batch"}).exit_code,
        1);
  }
  const ScriptedServer server(FakeCatalog);
  transcript.Run(server.endpoint(), {"seed", "--count", "3", "--dry-run"});
  transcript.Run(server.endpoint(), {"seed", "--count", "2", "--dry-run", "-o", "json"});
  transcript.Note("what is there is not what was put");
  EXPECT_EQ(transcript.Run(server.endpoint(), {"seed", "--count", "3", "--verify"}).exit_code, 1);
  transcript.ExpectGolden("seed_batch");
}

TEST(SeedBatch, IsVerifiedByManyGetsAtATimeWhereThereIsNoList) {
  const ProductGenerator generator(1);
  std::atomic<int> wrong{0};
  const ScriptedServer server([&](const std::string& request) {
    if (request.starts_with("POST ")) return FakeCatalog(request);
    if (!request.starts_with("GET /products/")) return ErrorReply(404, "NOT_FOUND", "no such path");
    const int id = std::stoi(request.substr(sizeof("GET /products/") - 1));
    if (id == wrong) return ErrorReply(404, "NOT_FOUND", "product not found");
    Product product;
    generator.Generate(id, product);
    return JsonReply(200, RenderProduct(product));
  });
  const std::vector<std::string> seed = {"seed", "--start",  "10",         "--count",
                                         "3000", "--verify", "--endpoint", server.endpoint()};
  const RunResult result = RunProductctl(seed);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(result.out.ends_with(", 0 refused, verified\n")) << result.out;
  // Each of three parts has eight; the question for batches and the batch itself have one each.
  EXPECT_EQ(server.connections(), 2 + 3 * 8);
  wrong = 2500;
  const RunResult missing = RunProductctl(seed);
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.err.find("\nproduct 2500: is missing\n"), std::string::npos) << missing.err;
}

#ifdef PRODUCTD_BINARY

TEST(SeedBatch, IsVerifiedAgainstARealServer) {
  const test::ServerProcess server(
      PRODUCTD_BINARY, test::ServerProcess::ProductdArguments({"--storage-engine", "memory"}));
  const std::string endpoint = "http://" + server.address();
  const auto seed = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"seed", "--verify", "--endpoint", endpoint};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProductctl(arguments);
  };
  EXPECT_TRUE(seed({"--count", "60000"}).out.ends_with(", 0 refused, verified\n"));
  // Others before and behind do not matter.
  EXPECT_TRUE(seed({"--start", "1000", "--count", "10"}).out.ends_with(", 0 refused, verified\n"));
  EXPECT_TRUE(seed({"--start", "59999", "--count", "9", "--mode", "each"})
                  .out.ends_with(", 0 refused, verified\n"));
}

#endif

}  // namespace
}  // namespace products::cli
