#include "server/http/routes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace products {
namespace {

std::string Found(const RouteTable& routes, Method method, std::string_view path) {
  const RouteTable::Match match = routes.Find(method, path);
  if (match.route != nullptr) {
    return std::string(match.route->pattern) + " " + std::string(match.path_parameter);
  }
  return match.allow.empty() ? "404" : "405 " + match.allow;
}

TEST(Routes, PathsAreTheContractsAndNoOthers) {
  const RouteTable routes(Plane::kBoth);
  const auto get = [&](std::string_view path) { return Found(routes, Method::kGet, path); };
  EXPECT_EQ(get("/products/1"), "/products/{productId} 1");
  EXPECT_EQ(get("/products/"), "/products/{productId} ");
  EXPECT_EQ(get("/products/-1"), "/products/{productId} -1");
  EXPECT_EQ(get("/products/a b"), "/products/{productId} a b");
  EXPECT_EQ(get("/products/.."), "/products/{productId} ..");
  for (const std::string_view path :
       {"", "/", "*", "products/1", "//products/1", "/products/1/", "/products//1", "/Products/1",
        "/products/1/detail", "/products/1/details/", "/products/1/2/details", "/healthy",
        "/health/", "/metrics/", "/readyz/x"}) {
    EXPECT_EQ(get(path), "404") << path;
  }
  EXPECT_EQ(Found(routes, Method::kPost, "/products/1/details"), "/products/{productId}/details 1");
  EXPECT_EQ(Found(routes, Method::kPost, "/products//details"), "/products/{productId}/details ");
  EXPECT_EQ(get("/products"), "/products ");
  EXPECT_EQ(Found(routes, Method::kPost, "/products/batch"), "/products/batch ");
  EXPECT_EQ(get("/products/batch"), "/products/{productId} batch");
  for (const std::string_view path :
       {"/health", "/healthz", "/readyz", "/metrics", "/version", "/openapi.json"}) {
    EXPECT_EQ(get(path), std::string(path) + " ");
  }
}

TEST(Routes, HeadIsWhereGetIs) {
  const RouteTable routes(Plane::kBoth);
  EXPECT_EQ(Found(routes, Method::kHead, "/products/1"), "/products/{productId} 1");
  EXPECT_EQ(Found(routes, Method::kHead, "/products/1/details"), "405 POST");
}

TEST(Routes, AKnownPathSaysWhatItAllows) {
  const RouteTable routes(Plane::kBoth);
  for (const Method method :
       {Method::kPost, Method::kPut, Method::kPatch, Method::kOptions, Method::kTrace}) {
    EXPECT_EQ(Found(routes, method, "/products/1"), "405 GET, HEAD, DELETE");
    EXPECT_EQ(Found(routes, method, "/health"), "405 GET, HEAD");
  }
  EXPECT_EQ(Found(routes, Method::kGet, "/products/1/details"), "405 POST");
  EXPECT_EQ(Found(routes, Method::kPost, "/products"), "405 GET, HEAD");
  EXPECT_EQ(Found(routes, Method::kPut, "/products/batch"), "405 GET, HEAD, POST, DELETE");
}

TEST(Routes, EachPlaneHasItsOwn) {
  const RouteTable products(Plane::kPublic);
  const RouteTable management(Plane::kManagement);
  for (const std::string_view path : {"/metrics", "/healthz", "/readyz"}) {
    EXPECT_EQ(Found(products, Method::kGet, path), "404") << path;
    EXPECT_NE(Found(management, Method::kGet, path), "404") << path;
  }
  EXPECT_EQ(Found(management, Method::kGet, "/products/1"), "404");
  EXPECT_EQ(Found(management, Method::kPost, "/products/1/details"), "404");
  for (const RouteTable* table : {&products, &management}) {
    EXPECT_EQ(Found(*table, Method::kGet, "/health"), "/health ");
    EXPECT_EQ(Found(*table, Method::kGet, "/version"), "/version ");
    EXPECT_EQ(Found(*table, Method::kGet, "/openapi.json"), "/openapi.json ");
  }
}

TEST(Routes, MetricsKnowARouteByItsPatternWhateverThePlane) {
  const RequestLabels labels = HttpRequestLabels();
  for (const Plane plane : {Plane::kBoth, Plane::kPublic, Plane::kManagement}) {
    const RouteTable routes(plane);
    for (const std::string_view path : {"/products/1", "/health", "/metrics", "/version"}) {
      const RouteTable::Match match = routes.Find(Method::kGet, path);
      if (match.route == nullptr) continue;
      EXPECT_EQ(labels.routes.at(match.metric_route), match.route->pattern);
    }
    EXPECT_EQ(labels.routes.at(routes.Find(Method::kGet, "/no").metric_route), "none");
  }
  const RouteTable::Match refused = RouteTable(Plane::kBoth).Find(Method::kPut, "/health");
  EXPECT_EQ(labels.routes.at(refused.metric_route), "/health");
  EXPECT_EQ(labels.methods.at(kOtherMetricMethod), "other");
  const std::set<std::string> distinct(labels.routes.begin(), labels.routes.end());
  EXPECT_EQ(distinct.size(), labels.routes.size()) << "methods of one path share its label";
}

TEST(Routes, MethodsAreCaseSensitiveTokens) {
  for (std::size_t i = 0; i < kMethods; ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_EQ(ParseMethod(MethodName(method)), method);
  }
  for (const std::string_view name : {"", "get", "GETS", "CONNECT", "GET "}) {
    EXPECT_EQ(ParseMethod(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace products
