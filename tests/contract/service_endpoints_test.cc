// Section 2 of the contract as far as productd has it: what it says about itself, and HEAD.

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <regex>
#include <string>

#include "tests/contract/contract_case.h"
#include "tests/contract/contract_server.h"
#include "tests/support/metric_reader.h"
#include "tests/support/raw_connection.h"
#include "tests/support/temp_dir.h"

namespace products::contract {
namespace {

class ServiceEndpoints : public ::testing::TestWithParam<ContractServer> {
 protected:
  test::HttpResponse Get(const std::string& target) { return Request("GET", target); }
  test::HttpResponse Request(const std::string& method, const std::string& target,
                             const std::string& body = "") {
    return AskAndCheckForm(*server_, method, target, body);
  }

  const std::unique_ptr<test::ServerProcess> server_ = Start(GetParam());
};

// Empty when promtool finds nothing to object to.
std::string PromtoolFindings(const std::string& exposition) {
  const test::TempDir folder;
  const std::string file = folder.File("metrics");
  test::WriteFile(file, exposition);
  std::FILE* const pipe = ::popen(("promtool check metrics <" + file + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::string findings;
  for (int byte = std::fgetc(pipe); byte != EOF; byte = std::fgetc(pipe)) {
    findings += static_cast<char>(byte);
  }
  const int status = ::pclose(pipe);
  return status == 0 ? "" : "promtool: " + findings;
}

TEST_P(ServiceEndpoints, HealthLivenessAndReadinessAnswerOk) {
  for (const std::string target : {"/health", "/healthz", "/readyz"}) {
    const test::HttpResponse response = Get(target);
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_EQ(response.Header("Content-Type"), "application/json") << target;
    EXPECT_EQ(response.body, "{\"status\":\"ok\"}\n") << target;
  }
}

TEST_P(ServiceEndpoints, VersionNamesVersionAndCommit) {
  const test::HttpResponse response = Get("/version");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("Content-Type"), "application/json");
  const std::regex form(R"re(\{"version":"[0-9]+\.[0-9]+\.[0-9]+","commit":"[0-9a-z]+"\}\n)re");
  EXPECT_TRUE(std::regex_match(response.body, form)) << response.body;
  EXPECT_NE(response.body.find("\"" PRODUCTD_VERSION "\""), std::string::npos) << response.body;
}

TEST_P(ServiceEndpoints, TheDescriptionOfTheApiIsOfThisVersion) {
  const test::HttpResponse response = Get("/openapi.json");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("Content-Type"), "application/json");
  EXPECT_TRUE(response.body.starts_with(R"({"openapi":"3.1.0","info":{"title":"productd",)"
                                        R"("version":")" PRODUCTD_VERSION R"(",)"))
      << response.body.substr(0, 200);
  EXPECT_TRUE(response.body.ends_with("}\n"));
}

TEST_P(ServiceEndpoints, HeadAnswersTheHeadersOfGetWithoutItsBody) {
  Request("POST", "/products/1/details", std::string(kSampleProduct));
  for (const std::string target :
       {"/products/1", "/products/999", "/products/abc", "/health", "/healthz", "/readyz",
        "/version", "/openapi.json", "/nothing", "/products/1/details"}) {
    SCOPED_TRACE(target);
    const test::HttpResponse get = Get(target);
    const test::HttpResponse head = Request("HEAD", target);
    EXPECT_EQ(head.status, get.status);
    EXPECT_EQ(head.body, "");
    for (const std::string name :
         {"Content-Type", "Content-Length", "Allow", "Connection", "ETag"}) {
      EXPECT_EQ(head.Header(name), get.Header(name)) << name;
    }
  }
}

TEST_P(ServiceEndpoints, HeadSendsNoByteOfABodyAheadOfTheNextAnswer) {
  test::RawConnection connection(server_->address());
  connection.Send(
      "HEAD /health HTTP/1.1\r\nHost: c\r\n\r\nHEAD /products/9 HTTP/1.1\r\nHost: c\r\n\r\n"
      "GET /healthz HTTP/1.1\r\nHost: c\r\n\r\n");
  EXPECT_EQ(connection.ReadResponse(test::BodyRule::kNone).status, 200);
  EXPECT_EQ(connection.ReadResponse(test::BodyRule::kNone).status, 404);
  EXPECT_EQ(connection.ReadResponse().body, "{\"status\":\"ok\"}\n");
}

TEST_P(ServiceEndpoints, MetricsPassPromtoolAndHaveEveryFamily) {
  Request("POST", "/products/1/details", std::string(kSampleProduct));
  Get("/products/1");
  Get("/products/2");
  Get("/nothing");
  Request("POST", "/products/1/details", "not json");
  const test::HttpResponse response = Get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.Header("Content-Type").value_or("").starts_with("text/plain; version=0.0.4"))
      << response.Header("Content-Type").value_or("absent");
  EXPECT_EQ(PromtoolFindings(response.body), "");
  for (const std::string family :
       {"http_request_duration_seconds histogram", "http_requests_in_flight gauge",
        "productd_connections gauge", "productd_connections_total counter",
        "productd_products gauge", "productd_commit_batch_size histogram",
        "productd_commit_duration_seconds histogram", "productd_commit_queue_depth gauge",
        "productd_requests_refused_total counter", "productd_build_info gauge",
        "process_cpu_seconds_total counter", "process_resident_memory_bytes gauge",
        "process_virtual_memory_bytes gauge", "process_open_fds gauge", "process_max_fds gauge",
        "process_start_time_seconds gauge"}) {
    EXPECT_NE(response.body.find("# TYPE " + family + "\n"), std::string::npos) << family;
  }
  EXPECT_NE(response.body.find("\nproductd_products 1\n"), std::string::npos);
}

TEST_P(ServiceEndpoints, RequestsAreCountedUnderMethodRouteAndCode) {
  // A request is counted after its answer has left. On one connection that is before the next one
  // is read, so the scrape sees them all.
  test::RawConnection connection(server_->address());
  const auto ask = [&connection](const std::string& method, const std::string& target) {
    connection.Send(RenderRequest({.name = target,
                                   .method = method,
                                   .target = target,
                                   .body = method == "POST" ? std::string(kSampleProduct) : ""}));
    return connection.ReadResponse(BodyRuleOf(method)).body;
  };
  ask("POST", "/products/1/details");
  for (int i = 0; i < 3; ++i) ask("GET", "/products/1");
  ask("HEAD", "/products/1");
  ask("GET", "/products/2");
  ask("GET", "/nothing");
  const std::string metrics = ask("GET", "/metrics");
  const auto counted = [&metrics](const std::string& labels, int count) {
    const std::string line =
        "http_request_duration_seconds_count{" + labels + "} " + std::to_string(count) + "\n";
    EXPECT_NE(metrics.find(line), std::string::npos) << line;
  };
  counted(R"(method="POST",route="/products/{productId}/details",code="204")", 1);
  counted(R"(method="GET",route="/products/{productId}",code="200")", 3);
  counted(R"(method="HEAD",route="/products/{productId}",code="200")", 1);
  counted(R"(method="GET",route="/products/{productId}",code="404")", 1);
  counted(R"(method="GET",route="none",code="404")", 1);
}

TEST_P(ServiceEndpoints, CommitsAreCountedChangeByChange) {
  for (int i = 0; i < 3; ++i) {
    Request("POST", "/products/1/details", std::string(kSampleProduct));
  }
  Request("POST", "/products/1/details", "not json");
  Request("POST", "/products/2/details", ProductWith({{"product_id", "2"}}));
  const std::string& address = server_->address();
  EXPECT_TRUE(test::MetricBecomes(address, "productd_commit_batch_size_sum", 4));
  EXPECT_TRUE(test::MetricBecomes(address, "productd_commit_batch_size_count", 4));
  EXPECT_TRUE(test::MetricBecomes(address, "productd_commit_duration_seconds_count", 4));
  EXPECT_EQ(test::ReadMetric(address, "productd_commit_queue_depth"), 0);
  EXPECT_EQ(test::ReadMetric(address, "productd_products"), 2);
}

INSTANTIATE_TEST_SUITE_P(Section2, ServiceEndpoints, ::testing::ValuesIn(ProductdServers()),
                         NameOf);

}  // namespace
}  // namespace products::contract
