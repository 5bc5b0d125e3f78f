#include "tests/contract/contract_server.h"

#include <algorithm>
#include <array>
#include <optional>
#include <regex>
#include <string_view>
#include <utility>

#include "tests/support/raw_connection.h"

namespace products::contract {
namespace {

// Each engine keeps the same contract: an engine more is a name more.
constexpr std::array<std::string_view, 2> kEngines = {"memory", "lmdb"};

bool IsBodiless(const test::HttpResponse& response) {
  return response.status == 204 || response.status == 304;
}

}  // namespace

void PrintTo(const ContractServer& server, std::ostream* out) { *out << server.name; }

std::vector<ContractServer> ProductdServers() {
  std::vector<ContractServer> servers;
  servers.reserve(kEngines.size());
  for (const std::string_view engine : kEngines) {
    servers.push_back({.name = "productd_" + std::string(engine), .engine = std::string(engine)});
  }
  return servers;
}

std::vector<ContractServer> AllServers() {
  std::vector<ContractServer> servers = ProductdServers();
#ifdef GO_PEER_BINARY
  servers.push_back({.name = "go_peer", .is_go_peer = true});
#endif
  return servers;
}

std::string NameOf(const ::testing::TestParamInfo<ContractServer>& info) { return info.param.name; }

std::unique_ptr<test::ServerProcess> Start(const ContractServer& server,
                                           const std::vector<std::string>& flags) {
#ifdef GO_PEER_BINARY
  if (server.is_go_peer) {
    return std::make_unique<test::ServerProcess>(
        GO_PEER_BINARY, std::vector<std::string>{"-listen", "127.0.0.1:0"}, "-ready-file");
  }
#endif
  std::vector<std::string> arguments = {"--http-listen",    "127.0.0.1:0", "--workers", "2",
                                        "--storage-engine", server.engine};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return std::make_unique<test::ServerProcess>(PRODUCTD_BINARY, std::move(arguments));
}

std::string RenderRequest(const ContractCase& row) {
  std::string request = row.method + " " + row.target + " HTTP/1.1\r\nHost: catalogue\r\n";
  request += row.request_headers;
  if (!row.body.empty() || row.method == "POST") {
    request += "Content-Length: " + std::to_string(row.body.size()) + "\r\n";
  }
  return request + "\r\n" + row.body;
}

test::BodyRule BodyRuleOf(const std::string& method) {
  return method == "HEAD" ? test::BodyRule::kNone : test::BodyRule::kByContentLength;
}

test::HttpResponse Ask(const test::ServerProcess& server, const ContractCase& row) {
  test::RawConnection connection(server.address());
  // A server that has refused the request need not take all of it.
  (void)connection.TrySend(RenderRequest(row));
  return connection.ReadResponse(BodyRuleOf(row.method));
}

std::string AskAndReadUntilEnd(const test::ServerProcess& server, const ContractCase& row) {
  test::RawConnection connection(server.address());
  connection.Send(RenderRequest(row));
  return connection.ReadUntilEnd();
}

void CheckForm(const test::HttpResponse& response, const std::string& method) {
  static const std::regex kImfFixdate(
      "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] "
      "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
      "[0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT");
  const std::string date = response.Header("Date").value_or("");
  EXPECT_TRUE(std::regex_match(date, kImfFixdate)) << "Date: " << date;

  const std::optional<std::string> length = response.Header("Content-Length");
  if (IsBodiless(response)) {
    EXPECT_EQ(length, std::nullopt);
    EXPECT_EQ(response.Header("Content-Type"), std::nullopt);
  } else {
    ASSERT_TRUE(length.has_value());
    EXPECT_NE(response.Header("Content-Type"), std::nullopt);
    if (method != "HEAD") {
      EXPECT_EQ(*length, std::to_string(response.body.size()));
    }
  }
  constexpr std::array<std::string_view, 7> kKnown = {
      "Allow", "Connection", "Content-Length", "Content-Type", "Date", "ETag", "Retry-After"};
  for (const auto& [name, value] : response.headers) {
    EXPECT_TRUE(std::find(kKnown.begin(), kKnown.end(), name) != kKnown.end())
        << "header without a reason: " << name << ": " << value;
  }
}

test::HttpResponse AskAndCheckForm(const test::ServerProcess& server, const std::string& method,
                                   const std::string& target, const std::string& body) {
  SCOPED_TRACE(method + " " + target);
  test::HttpResponse response =
      Ask(server, {.name = target, .method = method, .target = target, .body = body});
  CheckForm(response, method);
  return response;
}

}  // namespace products::contract
