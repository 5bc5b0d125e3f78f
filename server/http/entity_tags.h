#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/result.h"
#include "server/http/message.h"
#include "server/storage/commit_queue.h"

namespace products {

/// More entity-tags in one field are refused.
inline constexpr std::size_t kMaxEntityTags = 64;

/// What If-Match or If-None-Match says: "*", or a list of entity-tags. Of the tags it keeps those
/// that a product of ours can have: no other is ever equal. Never allocates.
class EntityTags {
 public:
  /// kInvalidArgument when `field` is neither "*" nor a list of entity-tags, or has too many. A
  /// list may be empty and have empty elements (RFC 9110, 5.6.1).
  static Result<EntityTags> ParseIfMatch(std::string_view field) {
    return Parse("If-Match", field, Comparison::kStrong);
  }
  static Result<EntityTags> ParseIfNoneMatch(std::string_view field) {
    return Parse("If-None-Match", field, Comparison::kWeak);
  }

  /// "*": whatever there is.
  bool is_any() const { return is_any_; }
  /// Those of a list.
  std::span<const std::uint64_t> tags() const { return {tags_.data(), count_}; }
  /// Whether the field names a product of this content tag.
  bool Matches(std::uint64_t content_tag) const;

 private:
  // RFC 9110, 8.8.3.2. Strongly compared a weak tag is equal to none, weakly W/"x" is equal to "x".
  enum class Comparison { kStrong, kWeak };

  EntityTags() = default;
  static Result<EntityTags> Parse(std::string_view name, std::string_view field,
                                  Comparison comparison);

  bool is_any_ = false;
  std::size_t count_ = 0;
  std::array<std::uint64_t, kMaxEntityTags> tags_ = {};
};

/// What the conditions of a GET or HEAD lead to, given the content tag of the product: 200, 304 or
/// 412, decided in the order of RFC 9110, 13.2.2. kInvalidArgument when a field is malformed. Dates
/// are no conditions here: products have no Last-Modified.
Result<int> StatusOfRead(const Request& request, std::uint64_t content_tag);

/// What the conditions of a POST or DELETE are for the writer, who checks them when the change's
/// turn comes. kInvalidArgument when a field is malformed.
Result<Precondition> PreconditionOf(const Request& request);

}  // namespace products
