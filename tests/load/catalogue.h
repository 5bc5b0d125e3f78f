#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace products::load {

/// The product that these tests keep under `id`: its sku is of this id alone, so an answer shows
/// whom it was meant for, and its weight is the version of the last write.
std::string ProductText(int id, int version);

std::string GetRequest(int id);
std::string PutRequest(int id, int version);

/// The bodies that GET answers, present and absent.
std::string ProductAnswer(int id, int version);
std::string AbsentAnswer(int id);

/// The version in the body of an answer; absent when it is not a product that `id` can have.
std::optional<int> VersionIn(std::string_view answer, int id);

}  // namespace products::load
