#include "server/http/openapi_document.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/routes.h"

namespace products {
namespace {

// The keys of an object that `json` begins with, and where their values begin. The document is
// compact, so that a key is a string with ":" behind it.
struct Member {
  std::string key;
  std::string_view rest;
};
std::vector<Member> MembersOf(std::string_view json) {
  std::vector<Member> members;
  int depth = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (json[at] == '{' || json[at] == '[') ++depth;
    if (json[at] == '}' || json[at] == ']') --depth;
    if (depth == 0) break;
    if (json[at] != '"') continue;
    const std::size_t begin = at + 1;
    for (++at; json[at] != '"'; ++at) at += json[at] == '\\' ? 1 : 0;
    if (depth == 1 && json[at + 1] == ':') {
      members.push_back({std::string(json.substr(begin, at - begin)), json.substr(at + 2)});
    }
  }
  return members;
}

std::string UpperCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), ::toupper);
  return text;
}

// "GET /health"; HEAD is where GET is, here as in the route table.
std::set<std::string> DescribedOperations() {
  std::set<std::string> operations;
  for (const Member& part : MembersOf(OpenApiDocument())) {
    if (part.key != "paths") continue;
    for (const Member& path : MembersOf(part.rest)) {
      for (const Member& method : MembersOf(path.rest)) {
        const std::string name = UpperCase(method.key);
        if (ParseMethod(name) && name != "HEAD") operations.insert(name + " " + path.key);
      }
    }
  }
  return operations;
}

TEST(OpenApiDocument, DescribesEveryRouteAndNothingElse) {
  std::set<std::string> routed;
  for (const Route& route : AllRoutes()) {
    routed.insert(std::string(MethodName(route.method)) + " " + std::string(route.pattern));
  }
  EXPECT_EQ(DescribedOperations(), routed);
}

TEST(OpenApiDocument, IsOneLineOfCompactJson) {
  const std::string_view document = OpenApiDocument();
  EXPECT_EQ(document.find('\n'), document.size() - 1);
  EXPECT_EQ(document.find_first_of("<>&@"), std::string_view::npos)
      << "what our JSON escapes, or a name that was not substituted";
}

}  // namespace
}  // namespace products
