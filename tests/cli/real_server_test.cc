#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/support/server_process.h"

namespace products::cli {
namespace {

using test::ServerProcess;

struct ServerKind {
  std::string name;
  std::string program;
  std::vector<std::string> arguments;
  std::string ready_flag;
  bool has_contract_section_2;  // /readyz, /version
};

void PrintTo(const ServerKind& kind, std::ostream* out) { *out << kind.name; }

std::vector<ServerKind> ServerKinds() {
  std::vector<ServerKind> kinds;
#ifdef PRODUCTD_BINARY
  kinds.push_back(
      {"productd", PRODUCTD_BINARY, ServerProcess::ProductdArguments(), "--ready-file", true});
#endif
#ifdef GO_PEER_BINARY
  kinds.push_back({"go_peer", GO_PEER_BINARY, {"-listen", "127.0.0.1:0"}, "-ready-file", false});
#endif
  return kinds;
}

// A server of its own for each test: empty, on a free port, killed at the end.
class RealServer : public testing::TestWithParam<ServerKind> {
 protected:
  RunResult Run(std::vector<std::string> arguments, const std::string& input = {}) const {
    arguments.insert(arguments.end(), {"--endpoint", endpoint_});
    return RunProductctl(arguments, {.input = input});
  }

  ServerProcess server_{GetParam().program, GetParam().arguments, GetParam().ready_flag};
  const std::string endpoint_ = "http://" + server_.address();
};

TEST_P(RealServer, KeepsWhatIsPut) {
  EXPECT_EQ(Run({"get", "1"}).exit_code, 3);
  EXPECT_EQ(Run({"put", "-f", "-"}, kSampleJson).exit_code, 0);
  EXPECT_EQ(Run({"get", "1", "-o", "json"}).out, kSampleJson);
  EXPECT_EQ(Run({"put", "1", "--sku", "日本 <&>", "--manufacturer", "M", "--category-id", "1",
                 "--some-other-id", "2"})
                .exit_code,
            0);
  EXPECT_EQ(Run({"get", "1"}).out, "1\t日本 <&>\tM\t1\t0\t2\n");
}

TEST_P(RealServer, SaysWhyItRefusesOrHasNothing) {
  Transcript transcript;
  transcript.Run(endpoint_, {"get", "999"});
  transcript.Run(endpoint_, {"put", "1", "--sku", "", "--manufacturer", "M", "--category-id", "1",
                             "--some-other-id", "1"});
  transcript.Run(endpoint_, {"put", "1", "--sku", std::string(101, 'x'), "--manufacturer", "M",
                             "--category-id", "1", "--some-other-id", "1"});
  // One text for all servers: that is the contract.
  transcript.ExpectGolden("real_server");
}

TEST_P(RealServer, IsHealthy) {
  const RunResult result = Run({"health"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            endpoint_ + "\tok\t" + (GetParam().has_contract_section_2 ? "ok" : "unknown") + "\n");
  const RunResult version = Run({"version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.err.empty(), GetParam().has_contract_section_2) << version.err;
}

TEST_P(RealServer, IsSeededOnceWhenEmpty) {
  const RunResult first = Run({"seed", "--count", "3000", "--if-empty"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out.find("seeded 3000 products in "), 0u) << first.out;
  EXPECT_EQ(Run({"seed", "--count", "3000", "--if-empty"}).out,
            "seeded 0 products: product 1 is there already\n");
  EXPECT_EQ(Run({"get", "1", "-o", "json"}).out,
            "{\"product_id\":1,\"sku\":\"MRA-902-ZLC\",\"manufacturer\":\"Kestrum Kitchen Ltd\","
            "\"category_id\":423,\"weight\":14873,\"some_other_id\":232931}\n");
  EXPECT_EQ(Run({"get", "3000"}).exit_code, 0);
  EXPECT_EQ(Run({"get", "3001"}).exit_code, 3);
}

TEST_P(RealServer, ListsAndDeletesWhenItHasSectionTwo) {
  EXPECT_EQ(Run({"seed", "--count", "1200"}).exit_code, 0);
  const RunResult list = Run({"list", "--all", "-o", "json"});
  if (!GetParam().has_contract_section_2) {
    EXPECT_EQ(list.exit_code, 1);
    EXPECT_NE(list.err.find("the server has no list of products"), std::string::npos) << list.err;
    return;
  }
  EXPECT_EQ(std::count(list.out.begin(), list.out.end(), '\n'), 1200);
  EXPECT_EQ(Run({"get", "1", "600", "1200", "-o", "json"}).exit_code, 0);
  // What list prints is what delete takes.
  EXPECT_EQ(Run({"delete", "--from", "-"}, list.out).out, "deleted 1200 products, 0 not found\n");
  EXPECT_EQ(Run({"list", "--all"}).out, "");
  EXPECT_EQ(Run({"delete", "1"}).exit_code, 3);
}

TEST_P(RealServer, ChangesUnderConditionsWhenItHasSectionTwo) {
  if (!GetParam().has_contract_section_2) GTEST_SKIP() << "it has no ETags";
  const auto etag_of_1 = [this] {
    const std::string line = Run({"get", "1", "--etag"}).out;
    return line.substr(line.rfind('\t') + 1, line.size() - line.rfind('\t') - 2);
  };
  EXPECT_EQ(Run({"put", "-f", "-", "--create-only"}, kSampleJson).exit_code, 0);
  EXPECT_EQ(Run({"put", "-f", "-", "--create-only"}, kSampleJson).exit_code, 1);
  const std::string first = etag_of_1();
  const RunResult put =
      Run({"put", "-f", "-", "--weight", "7", "--if-match", first, "-o", "json"}, kSampleJson);
  EXPECT_EQ(put.exit_code, 0) << put.err;
  const std::string second = etag_of_1();
  EXPECT_NE(first, second);
  // The answer to the put has the new one.
  EXPECT_NE(put.out.find(second.substr(1, second.size() - 2)), std::string::npos) << put.out;
  EXPECT_EQ(Run({"put", "-f", "-", "--if-match", first}, kSampleJson).exit_code, 1);
  EXPECT_EQ(Run({"delete", "1", "--if-match", first}).exit_code, 1);
  EXPECT_EQ(Run({"delete", "1", "--if-match", second}).exit_code, 0);
}

TEST_P(RealServer, LostInTheMiddleOfASeedEndsItWithFour) {
  ChildProcess seed(PRODUCTCTL_BINARY,
                    {"seed", "--count", "100000000", "--rate", "2000", "--endpoint", endpoint_});
  while (Run({"get", "500"}).exit_code != 0) {
  }
  server_.Signal(SIGKILL);
  EXPECT_EQ(server_.WaitForExit(), 128 + SIGKILL);
  const RunResult result = seed.Wait();
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_NE(result.out.find(" of 100000000 products in "), std::string::npos) << result.out;
  EXPECT_NE(result.err.find("to go on: productctl seed --endpoint "), std::string::npos)
      << result.err;
}

INSTANTIATE_TEST_SUITE_P(Servers, RealServer, testing::ValuesIn(ServerKinds()),
                         [](const auto& instance) { return instance.param.name; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RealServer);

}  // namespace
}  // namespace products::cli
