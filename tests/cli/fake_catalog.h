#pragma once

#include <string>

#include "tests/cli/scripted_server.h"

namespace products::cli {

/// A server that keeps the contract, without a memory:
/// products 1 (the sample), 2 (awkward texts) and 3 (long and wide ones) exist, with the ETags
/// "v1", "v2" and "v3"; a put of product 7 is refused, also by batch, all other puts and the
/// deletes of these succeed, as far as their conditions allow; the stream of all products has two;
/// healthy, ready, version 9.8.7.
Reply FakeCatalog(const std::string& request);

/// Whether `request` asks for `target`, such as "GET /products/1".
bool Asks(const std::string& request, const std::string& target);

/// The sample product's JSON, with its "\n".
inline constexpr char kSampleJson[] =
    "{\"product_id\":1,\"sku\":\"ABC-123-XYZ\",\"manufacturer\":\"Acme Corporation\","
    "\"category_id\":456,\"weight\":1250,\"some_other_id\":789}\n";

}  // namespace products::cli
