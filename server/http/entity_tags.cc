#include "server/http/entity_tags.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace products {
namespace {

// A content tag as AppendResponse renders it: 16 digits of lower case. Tags are compared octet by
// octet, so upper case is another tag.
constexpr std::size_t kTagDigits = 16;

std::optional<std::uint64_t> ParseContentTag(std::string_view opaque) {
  if (opaque.size() != kTagDigits) return std::nullopt;
  if (opaque.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  std::uint64_t tag = 0;
  std::from_chars(opaque.data(), opaque.data() + opaque.size(), tag, 16);
  return tag;
}

// RFC 9110, 8.8.3: etagc. A comma is one, a space is none, and there are no escapes.
bool IsTagCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

std::string_view WithoutLeadingSpace(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

std::vector<std::uint64_t> CopyOf(std::span<const std::uint64_t> tags) {
  return {tags.begin(), tags.end()};
}

}  // namespace

Result<EntityTags> EntityTags::Parse(std::string_view name, std::string_view field,
                                     Comparison comparison) {
  const auto refuse = [name](std::string_view rule) {
    return InvalidArgument(std::string(name) + " must " + std::string(rule));
  };
  EntityTags parsed;
  std::string_view rest = WithoutLeadingSpace(field);
  if (rest.starts_with('*') && WithoutLeadingSpace(rest.substr(1)).empty()) {
    parsed.is_any_ = true;
    return parsed;
  }
  constexpr std::string_view kForm = R"(be * or a list of entity-tags such as "x")";
  std::size_t listed = 0;
  while (!rest.empty()) {
    if (rest.front() != ',') {
      const bool is_weak = rest.starts_with("W/");
      if (is_weak) rest.remove_prefix(2);
      if (!rest.starts_with('"')) return refuse(kForm);
      rest.remove_prefix(1);
      const auto end = std::find_if_not(rest.begin(), rest.end(), IsTagCharacter);
      if (end == rest.end() || *end != '"') return refuse(kForm);
      const std::string_view opaque(rest.begin(), end);
      rest = WithoutLeadingSpace(rest.substr(opaque.size() + 1));
      if (!rest.empty() && rest.front() != ',') return refuse(kForm);

      if (++listed > kMaxEntityTags) {
        return refuse("list at most " + std::to_string(kMaxEntityTags) + " entity-tags");
      }
      const std::optional<std::uint64_t> tag = ParseContentTag(opaque);
      const bool can_match = tag && (!is_weak || comparison == Comparison::kWeak);
      if (can_match) parsed.tags_[parsed.count_++] = *tag;
    }
    if (!rest.empty()) rest = WithoutLeadingSpace(rest.substr(1));
  }
  return parsed;
}

bool EntityTags::Matches(std::uint64_t content_tag) const {
  const std::span<const std::uint64_t> listed = tags();
  return is_any_ || std::find(listed.begin(), listed.end(), content_tag) != listed.end();
}

Result<int> StatusOfRead(const Request& request, std::uint64_t content_tag) {
  // A malformed field is refused whatever the other one says, so both are read first.
  bool has_wanted = true;
  bool has_unwanted = false;
  if (request.if_match) {
    const auto wanted = EntityTags::ParseIfMatch(*request.if_match);
    if (!wanted.ok()) return wanted.error();
    has_wanted = wanted->Matches(content_tag);
  }
  if (request.if_none_match) {
    const auto unwanted = EntityTags::ParseIfNoneMatch(*request.if_none_match);
    if (!unwanted.ok()) return unwanted.error();
    has_unwanted = unwanted->Matches(content_tag);
  }
  if (!has_wanted) return 412;
  return has_unwanted ? 304 : 200;
}

Result<Precondition> PreconditionOf(const Request& request) {
  using Kind = Precondition::Kind;
  Precondition wanted;
  if (request.if_match) {
    const auto field = EntityTags::ParseIfMatch(*request.if_match);
    if (!field.ok()) return field.error();
    wanted = {field->is_any() ? Kind::kExists : Kind::kHasTag, CopyOf(field->tags())};
  }
  if (!request.if_none_match) return wanted;
  const auto unwanted = EntityTags::ParseIfNoneMatch(*request.if_none_match);
  if (!unwanted.ok()) return unwanted.error();

  // One precondition of both: what If-Match allows, less what If-None-Match forbids. Each failure
  // is a 412, so their order does not show.
  switch (wanted.kind) {
    case Kind::kNone:
      if (unwanted->is_any()) return Precondition{Kind::kAbsent};
      return Precondition{Kind::kAbsentOrOtherTag, CopyOf(unwanted->tags())};
    case Kind::kExists:
      // It cannot be there and not be there: no tag will do.
      if (unwanted->is_any()) return Precondition{Kind::kHasTag};
      return Precondition{Kind::kHasOtherTag, CopyOf(unwanted->tags())};
    default:
      std::erase_if(wanted.tags, [&](std::uint64_t tag) { return unwanted->Matches(tag); });
      return wanted;
  }
}

}  // namespace products
