// What a client knows of the catalogue holds for the server that is started behind it.

#include <memory>

#include "tests/functional/productd_fixture.h"

namespace products::test {
namespace {

TEST(Restart, KeepsDeletedProductsAwayAndETagsAsTheyWere) {
  const TempDir data;
  const auto start = [&data] {
    return std::make_unique<ServerProcess>(
        PRODUCTD_BINARY, ServerProcess::ProductdArguments(
                             {"--storage-engine", "lmdb", "--storage-data-dir", data.path()}));
  };
  auto server = start();
  const std::string path = "/products/1/details";
  const std::string tag =
      Exchange(server->address(), PostText(path, kSample)).Header("ETag").value_or("none");
  EXPECT_EQ(Exchange(server->address(),
                     PostText("/products/2/details", R"({"sku":"s",)"
                                                     R"("manufacturer":"m","category_id":1,)"
                                                     R"("weight":1,"some_other_id":1})"))
                .status,
            204);
  EXPECT_EQ(Exchange(server->address(), "DELETE /products/2 HTTP/1.1\r\nHost: test\r\n\r\n").status,
            204);
  // Killed: what was acknowledged does not depend on a good end.
  server->Kill();

  server = start();
  EXPECT_EQ(Get(server->address(), "/products/2").status, 404);
  EXPECT_EQ(Get(server->address(), "/products/1").Header("ETag"), tag);
  const std::string if_match = "If-Match: " + tag + "\r\n";
  EXPECT_EQ(Exchange(server->address(),
                     "DELETE /products/1 HTTP/1.1\r\nHost: test\r\n" + if_match + "\r\n")
                .status,
            204);
  EXPECT_EQ(server->Stop(), 0);
}

}  // namespace
}  // namespace products::test
