#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/support/metric_reader.h"
#include "tests/support/raw_connection.h"
#include "tests/support/server_process.h"

namespace products::test {

inline const std::string kSample =
    R"({"product_id":1,"sku":"ABC-123-XYZ","manufacturer":"Acme Corporation","category_id":456,)"
    R"("weight":1250,"some_other_id":789})";

/// A productd of its own, with product 1 in it.
class ProductdTest : public ::testing::Test {
 protected:
  explicit ProductdTest(std::vector<std::string> flags = {}, int workers = 2)
      : server_(PRODUCTD_BINARY, ServerProcess::ProductdArguments(std::move(flags), workers)) {
    EXPECT_EQ(Exchange(address(), PostText("/products/1/details", kSample)).status, 204);
  }

  const std::string& address() const { return server_.address(); }
  RawConnection Connect() const { return RawConnection(address()); }

  ServerProcess server_;
};

}  // namespace products::test
