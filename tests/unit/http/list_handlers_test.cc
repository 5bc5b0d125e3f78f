// GET /products: pages of JSON, and the whole catalogue as a stream of NDJSON.

#include "server/http/list_handlers.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/unit/http/connection_harness.h"

namespace products::test {
namespace {

using Statuses = std::vector<std::string>;

std::string NdjsonText(const std::string& target, const std::string& accept) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\nAccept: " + accept + "\r\n\r\n";
}

std::string BodyOf(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}

// Of the chunks, what they carry; they must be whole.
std::string Unchunk(std::string_view chunks) {
  std::string body;
  while (true) {
    const std::size_t size = std::stoul(std::string(chunks.substr(0, 8)), nullptr, 16);
    chunks.remove_prefix(chunks.find("\r\n") + 2);
    body += chunks.substr(0, size);
    EXPECT_EQ(chunks.substr(size, 2), "\r\n");
    chunks.remove_prefix(size + 2);
    if (size == 0) break;
  }
  EXPECT_EQ(chunks, "");
  return body;
}

class List : public ::testing::Test {
 protected:
  void Put(ProductId id, std::size_t filler = 0) {
    harness_.behind.table.Put(ProductRecord::Make(
        id, "{\"id\":" + std::to_string(id) + std::string(filler, ' ') + "}\n"));
  }
  std::string Ask(const std::string& request) {
    harness_.Receive(request);
    std::string out = harness_.TakeOutput();
    while (harness_.connection().NeedsTurn()) {
      harness_.GiveTurn();
      out += harness_.TakeOutput();
    }
    return out;
  }
  std::string Page(const std::string& query) { return BodyOf(Ask(GetText("/products" + query))); }
  std::string Stream(const std::string& query) {
    return Unchunk(BodyOf(Ask(NdjsonText("/products" + query, "application/x-ndjson"))));
  }

  // Product 1 is there, with kBody.
  ConnectionHarness harness_;
};

TEST_F(List, APageHoldsItsProductsInOrderAndWhereTheNextBegins) {
  for (const ProductId id : {90'000, 7, kMaxProductId, 64}) Put(id);
  const std::string first = R"({"products":[{"product_id":1},{"id":7})";
  EXPECT_EQ(Page("?limit=2"), first + "],\"next_after\":7}\n");
  EXPECT_EQ(Page("?limit=2&after=7"),
            "{\"products\":[{\"id\":64},{\"id\":90000}],\"next_after\":90000}\n");
  EXPECT_EQ(Page("?limit=2&after=90000"), "{\"products\":[{\"id\":2147483647}]}\n");
  EXPECT_EQ(Page("?after=8&limit=3"),
            "{\"products\":[{\"id\":64},{\"id\":90000},{\"id\":2147483647}]}\n");
  EXPECT_EQ(Page("?after=2147483647"), "{\"products\":[]}\n");
  EXPECT_EQ(Page("").substr(0, first.size()), first);
}

TEST_F(List, APageHoldsAHundredUnlessItIsSaid) {
  for (ProductId id = 2; id <= 1500; ++id) Put(id);
  const auto last_of = [this](const std::string& query) {
    const std::string page = Page(query);
    const std::size_t next = page.find("\"next_after\":");
    return next == std::string::npos ? "none" : page.substr(next + 13);
  };
  EXPECT_EQ(last_of(""), "100}\n");
  EXPECT_EQ(last_of("?limit=1"), "1}\n");
  EXPECT_EQ(last_of("?limit=1000"), "1000}\n");
  EXPECT_EQ(last_of("?limit=1000&after=500"), "none") << "a full last page is the last";
}

TEST_F(List, WhatItIsAskedIsReadFromTheQuery) {
  for (const ProductId id : {2, 3, 4}) Put(id);
  const std::string third = "{\"products\":[{\"id\":3}],\"next_after\":3}\n";
  for (const std::string query :
       {"?limit=1&after=2", "?after=%32&limit=%31", "?limit=9&limit=1&after=0&after=2",
        "?sort=sku&limit=1&page=%zz&after=2", "?limit=+1&after=02"}) {
    EXPECT_EQ(Page(query), third) << query;
  }
  EXPECT_EQ(BodyOf(Ask(GetText("http://h/products?limit=1&after=2"))), third);
}

TEST_F(List, WhatCannotBeAskedIsRefusedInWords) {
  const std::string limit = "limit must be an integer from 1 to 1000";
  const std::string after = "after must be an integer from 0 to 2147483647";
  const struct {
    std::string query;
    std::string message;
  } rows[] = {
      {"limit=0", limit},
      {"limit=1001", limit},
      {"limit=-1", limit},
      {"limit=", limit},
      {"limit", limit},
      {"limit=1.0", limit},
      {"limit=x", limit},
      {"limit=1%200", limit},
      {"after=-1", after},
      {"after=2147483648", after},
      {"after=abc", after},
      {"after=99999999999999999999", after},
      {"after=%", "malformed percent-encoding in the query"},
      {"limit=0&after=-1", after},
  };
  for (const auto& row : rows) {
    const std::string out = Ask(GetText("/products?" + row.query));
    EXPECT_EQ(StatusesIn(out), Statuses{"400"}) << row.query;
    EXPECT_EQ(BodyOf(out), R"({"error":"INVALID_INPUT","message":")" + row.message + "\"}\n")
        << row.query;
  }
}

TEST_F(List, FormIsWhatTheClientNamesFirstOfWhatItWeighsMost) {
  const struct {
    std::string accept;
    bool is_ndjson;
  } rows[] = {
      {"application/x-ndjson", true},
      {"Application/X-NDJSON", true},
      {"text/html, application/x-ndjson;q=0.5, */*;q=0.1", true},
      {"application/x-ndjson, application/json", true},
      {"application/json;q=0.5,application/x-ndjson ; q=0.6", true},
      {"application/x-ndjson;v=1;Q=0.4", true},
      {"application/json, application/x-ndjson", false},
      {"application/x-ndjson;q=0.5, application/json", false},
      {"application/x-ndjson;q=0", false},
      {"application/json", false},
      {"*/*", false},
      {"application/*", false},
      {"application/x-ndjsonx", false},
      {"", false},
      {",;,;q=1,", false},
  };
  for (const auto& row : rows) {
    const std::string out = Ask(NdjsonText("/products", row.accept));
    EXPECT_EQ(out.find("\r\nContent-Type: application/x-ndjson\r\n") != std::string::npos,
              row.is_ndjson)
        << row.accept;
    EXPECT_NE(out.find("\r\nVary: Accept\r\n"), std::string::npos);
  }
}

TEST_F(List, AStreamHoldsEachProductOnceInOrder) {
  std::string expected(kBody);
  for (ProductId id = 2; id <= 5000; ++id) {
    Put(id, 80);
    expected += std::string(harness_.behind.table.Find(id)->body());
  }
  Put(kMaxProductId);
  const std::string last = "{\"id\":2147483647}\n";
  EXPECT_TRUE(Stream("") == expected + last);
  EXPECT_EQ(Stream("?after=4999&limit=x"), expected.substr(expected.rfind("{\"id\"")) + last)
      << "it has no limit";
  EXPECT_EQ(Stream("?after=5000"), last);
  EXPECT_EQ(Stream("?after=2147483647"), "");
}

TEST_F(List, AStreamIsMadeInPiecesOf64KiB) {
  for (ProductId id = 2; id <= 5000; ++id) Put(id, 80);
  harness_.Receive(NdjsonText("/products", "application/x-ndjson"));
  std::size_t pieces = 0;
  for (; harness_.connection().NeedsTurn(); ++pieces) {
    EXPECT_LT(harness_.TakeOutput().size(), std::size_t{66} * 1024);
    harness_.GiveTurn();
  }
  EXPECT_GT(pieces, 5U);
}

TEST_F(List, AStreamShowsWhatStaysWhateverChangesMeanwhile) {
  for (ProductId id = 2; id <= 4000; ++id) Put(id, 80);
  harness_.Receive(NdjsonText("/products", "application/x-ndjson"));
  std::string out = harness_.TakeOutput();
  for (int turn = 0; harness_.connection().NeedsTurn(); ++turn) {
    // Before and behind where it is: odd ids stay, even ones come, go and change.
    for (ProductId id = 2; id <= 4000; id += 2) {
      if (turn % 2 == 0) {
        harness_.behind.table.Erase(id);
      } else {
        Put(id, 81);
      }
    }
    harness_.GiveTurn();
    out += harness_.TakeOutput();
  }
  std::set<int> seen;
  int last = 0;
  const std::string body = Unchunk(BodyOf(out)).substr(kBody.size());
  for (std::size_t at = 0; at < body.size(); at = body.find('\n', at) + 1) {
    const int id = std::stoi(body.substr(at + 6, 10));
    ASSERT_GT(id, last);
    last = id;
    seen.insert(id);
  }
  for (int id = 3; id <= 4000; id += 2) EXPECT_TRUE(seen.contains(id)) << id;
}

TEST_F(List, HeadHasTheFieldsOfGet) {
  const std::string page = Ask(GetText("/products"));
  EXPECT_EQ(Ask("HEAD /products HTTP/1.1\r\nHost: h\r\n\r\n"),
            page.substr(0, page.find("\r\n\r\n") + 4));
  const std::string ndjson = Ask(NdjsonText("/products", "application/x-ndjson"));
  EXPECT_EQ(Ask("HEAD /products HTTP/1.1\r\nHost: h\r\nAccept: application/x-ndjson\r\n\r\n"),
            ndjson.substr(0, ndjson.find("\r\n\r\n") + 4));
}

TEST_F(List, APageIsATurnOfItsConnection) {
  harness_.Receive(GetText("/products") + GetText("/products") + GetText("/products/1"));
  EXPECT_EQ(harness_.TakeStatuses(), Statuses{"200"});
  harness_.GiveTurn();
  EXPECT_EQ(harness_.TakeStatuses(), Statuses{"200"});
  harness_.GiveTurn();
  EXPECT_EQ(harness_.TakeStatuses(), Statuses{"200"});
  EXPECT_TRUE(harness_.connection().Idle());
}

}  // namespace
}  // namespace products::test
