#include "server/http/url_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace products {
namespace {

std::string Find(std::string_view query, std::string_view name) {
  const auto found = FindQueryParameter(query, name);
  if (!found.ok()) return "malformed";
  return found->has_value() ? "<" + **found + ">" : "absent";
}

TEST(UrlText, AQueryParameterIsFoundByItsWholeName) {
  EXPECT_EQ(Find("", "a"), "absent");
  EXPECT_EQ(Find("a=1", "a"), "<1>");
  EXPECT_EQ(Find("ba=1&ab=2&A=3", "a"), "absent");
  EXPECT_EQ(Find("b=2&a=1=2&c", "a"), "<1=2>");
  EXPECT_EQ(Find("a", "a"), "<>");
  EXPECT_EQ(Find("a=", "a"), "<>");
  EXPECT_EQ(Find("&&a=1&&", "a"), "<1>");
}

TEST(UrlText, OfEqualQueryParametersTheLastCounts) {
  EXPECT_EQ(Find("a=1&b=3&a=2", "a"), "<2>");
  EXPECT_EQ(Find("a=1&a", "a"), "<>");
  EXPECT_EQ(Find("a=%zz&a=2", "a"), "<2>");
}

TEST(UrlText, AQueryParametersValueIsDecodedOnce) {
  EXPECT_EQ(Find("a=%31%2530%26+", "a"), "<1%30&+>");
  for (const std::string_view malformed : {"a=%", "a=1%2", "a=%G1", "a=%1G"}) {
    EXPECT_EQ(Find(malformed, "a"), "malformed") << malformed;
  }
}

}  // namespace
}  // namespace products
