#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tests/contract/contract_case.h"
#include "tests/support/http_response.h"
#include "tests/support/server_process.h"

namespace products::contract {

/// A server that the contract holds for.
struct ContractServer {
  std::string name;
  bool is_go_peer = false;
  /// Of productd; empty for the Go peer.
  std::string engine = {};
};

/// What a failure message calls it.
void PrintTo(const ContractServer& server, std::ostream* out);

/// productd over every engine, and the Go peer when this build has one.
std::vector<ContractServer> AllServers();
/// productd over every engine.
std::vector<ContractServer> ProductdServers();
std::string NameOf(const ::testing::TestParamInfo<ContractServer>& info);

/// With these flags besides, which are for productd.
std::unique_ptr<test::ServerProcess> Start(const ContractServer& server,
                                           const std::vector<std::string>& flags = {});

/// The request that a row describes.
std::string RenderRequest(const ContractCase& row);

/// The answer to one request on a connection of its own; throws when no whole answer comes.
test::HttpResponse Ask(const test::ServerProcess& server, const ContractCase& row);

/// Everything that the server says to one request before it closes.
std::string AskAndReadUntilEnd(const test::ServerProcess& server, const ContractCase& row);

/// How the body of the answer to `method` is delimited.
test::BodyRule BodyRuleOf(const std::string& method);

/// What every answer of the contract has: Date in its one form, a length that is right, and no
/// header without a reason. `method` is the one asked with.
void CheckForm(const test::HttpResponse& response, const std::string& method);

/// One request over a connection of its own, and its answer, whose form is checked.
test::HttpResponse AskAndCheckForm(const test::ServerProcess& server, const std::string& method,
                                   const std::string& target, const std::string& body = {});

}  // namespace products::contract
