#include "server/http/entity_tags.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace products {
namespace {

constexpr std::uint64_t kTag = 0x0123456789abcdef;
const std::string kOurs = R"("0123456789abcdef")";
const std::string kOther = R"("fedcba9876543210")";

// "any", or what is kept of a list, in hexadecimal; or why the field is refused.
std::string Read(const Result<EntityTags>& parsed) {
  if (!parsed.ok()) return parsed.error().message;
  if (parsed->is_any()) return "any";
  std::string text = "[";
  for (const std::uint64_t tag : parsed->tags()) {
    if (text.size() > 1) text += ' ';
    text += tag == kTag ? "ours" : std::to_string(tag);
  }
  return text + "]";
}

TEST(EntityTags, AFieldIsAStarOrAListOfTags) {
  struct Row {
    std::string field;
    std::string if_match;
    std::string if_none_match;
  };
  const std::vector<Row> rows = {
      {"*", "any", "any"},
      {" \t* \t", "any", "any"},
      {kOurs, "[ours]", "[ours]"},
      {"W/" + kOurs, "[]", "[ours]"},
      {R"("x", )" + kOurs + R"(, "")", "[ours]", "[ours]"},
      {kOurs + "," + kOurs, "[ours ours]", "[ours ours]"},
      {kOurs + "\t ,\t " + R"(W/"y")", "[ours]", "[ours]"},
      // A comma within a tag is part of it, and a backslash escapes nothing.
      {R"("a,b",)" + kOurs, "[ours]", "[ours]"},
      {R"("\",)" + kOurs, "[ours]", "[ours]"},
      {"\"\x80\xff\"," + kOurs, "[ours]", "[ours]"},
      // Empty elements count for nothing, and a list may be empty.
      {"", "[]", "[]"},
      {" ", "[]", "[]"},
      {",", "[]", "[]"},
      {",, ,\t" + kOurs + " , ,", "[ours]", "[ours]"},
      // Tags are equal octet by octet.
      {R"("0123456789ABCDEF","123456789abcdef","00123456789abcdef","+123456789abcdef")", "[]",
       "[]"},
      {R"("0000000000000000")", "[0]", "[0]"},
      {R"("ffffffffffffffff")", "[18446744073709551615]", "[18446744073709551615]"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.field);
    EXPECT_EQ(Read(EntityTags::ParseIfMatch(row.field)), row.if_match);
    EXPECT_EQ(Read(EntityTags::ParseIfNoneMatch(row.field)), row.if_none_match);
  }
}

TEST(EntityTags, WhatIsNeitherIsRefusedInWordsThatNameTheField) {
  const std::string form = R"( must be * or a list of entity-tags such as "x")";
  for (const std::string& field : std::vector<std::string>{
           "x",
           "0123456789abcdef",
           "'0123456789abcdef'",
           "**",
           "*, *",
           "*" + kOurs,
           kOurs + ", *",
           "* ," + kOurs,
           "\"",
           "\"\"\"",
           kOurs + kOurs,
           kOurs + " " + kOurs,
           kOurs + ";" + kOurs,
           kOurs + "x",
           "\"0123456789abcdef",
           "0123456789abcdef\"",
           "w/" + kOurs,
           "W/",
           "W" + kOurs,
           "W/ " + kOurs,
           "W /" + kOurs,
           "W/*",
           "W/W/" + kOurs,
           "/" + kOurs,
           "\"a b\"",
           "\"a\tb\"",
           std::string("\"a\0b\"", 5),
           "\"a\x7f\"",
           "\"a\x01\"",
           kOurs + ",\x01",
           "\xef\xbb\xbf" + kOurs,
           "\xe2\x80\x9c" + kOurs,
       }) {
    EXPECT_EQ(Read(EntityTags::ParseIfMatch(field)), "If-Match" + form) << field;
    EXPECT_EQ(Read(EntityTags::ParseIfNoneMatch(field)), "If-None-Match" + form) << field;
  }
}

TEST(EntityTags, AListIsOfAtMost64TagsWhateverTheyAre) {
  for (const std::string& tag : {kOurs, std::string("\"\""), "W/" + kOurs}) {
    std::string list;
    for (int i = 0; i < 64; ++i) list += tag + ",";
    EXPECT_TRUE(EntityTags::ParseIfMatch(list).ok());
    EXPECT_TRUE(EntityTags::ParseIfNoneMatch(list).ok());
    EXPECT_EQ(Read(EntityTags::ParseIfMatch(list + tag)),
              "If-Match must list at most 64 entity-tags");
    EXPECT_EQ(Read(EntityTags::ParseIfNoneMatch(list + tag)),
              "If-None-Match must list at most 64 entity-tags");
  }
}

// Fields of the characters that the grammar knows, in any order. What is accepted is what a slow
// reading of the grammar by its letters accepts; the sanitizers watch for a step too far.
TEST(EntityTags, AnyMixtureOfItsCharactersIsReadAsTheGrammarSays) {
  const auto by_the_grammar = [](const std::string& field) {
    std::size_t at = 0;
    const auto space = [&] {
      while (at < field.size() && field[at] == ' ') ++at;
    };
    space();
    if (at < field.size() && field[at] == '*') {
      ++at;
      space();
      return at == field.size();
    }
    while (true) {
      if (at < field.size() && field[at] != ',') {
        if (field.compare(at, 2, "W/") == 0) at += 2;
        if (at >= field.size() || field[at++] != '"') return false;
        while (at < field.size() && field[at] != '"' && field[at] != ' ') ++at;
        if (at >= field.size() || field[at++] != '"') return false;
        space();
      }
      if (at == field.size()) return true;
      if (field[at++] != ',') return false;
      space();
    }
  };
  std::minstd_rand random(1);
  const std::string characters = "\"\"\"\",, W/*a";
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string field;
    for (std::size_t size = random() % 9; size > 0; --size) {
      field += characters[random() % characters.size()];
    }
    const bool is_accepted = EntityTags::ParseIfMatch(field).ok();
    ASSERT_EQ(is_accepted, by_the_grammar(field)) << field;
    accepted += is_accepted ? 1 : 0;
  }
  EXPECT_GT(accepted, 1000);
}

struct Conditions {
  std::optional<std::string> if_match;
  std::optional<std::string> if_none_match;

  Request AsRequest() const {
    Request request;
    request.if_match = if_match;
    request.if_none_match = if_none_match;
    return request;
  }
};

TEST(Conditions, OfAReadAreDecidedInTheOrderOfRfc9110) {
  struct Row {
    Conditions conditions;
    int status;
  };
  const std::string both = kOther + ", " + kOurs;
  const std::vector<Row> rows = {
      {{}, 200},
      {{"*", {}}, 200},
      {{kOurs, {}}, 200},
      {{both, {}}, 200},
      {{kOther, {}}, 412},
      {{"W/" + kOurs, {}}, 412},
      {{"", {}}, 412},
      {{{}, "*"}, 304},
      {{{}, kOurs}, 304},
      {{{}, "W/" + kOurs}, 304},
      {{{}, both}, 304},
      {{{}, kOther}, 200},
      {{{}, ""}, 200},
      {{"*", kOurs}, 304},
      {{kOurs, kOurs}, 304},
      {{kOurs, kOther}, 200},
      {{kOther, kOurs}, 412},
      {{kOther, "*"}, 412},
  };
  for (const Row& row : rows) {
    const Result<int> status = StatusOfRead(row.conditions.AsRequest(), kTag);
    ASSERT_TRUE(status.ok());
    EXPECT_EQ(*status, row.status) << row.conditions.if_match.value_or("-") << " | "
                                   << row.conditions.if_none_match.value_or("-");
  }
}

TEST(Conditions, OfAWriteBecomeOnePreconditionOfBothFields) {
  using Kind = Precondition::Kind;
  constexpr std::uint64_t kOtherTag = 0xfedcba9876543210;
  struct Row {
    Conditions conditions;
    Kind kind;
    std::vector<std::uint64_t> tags = {};
  };
  const std::string both = kOther + ", " + kOurs;
  const std::vector<Row> rows = {
      {{}, Kind::kNone},
      {{"*", {}}, Kind::kExists},
      {{both, {}}, Kind::kHasTag, {kOtherTag, kTag}},
      {{"W/" + kOurs, {}}, Kind::kHasTag},
      {{"", {}}, Kind::kHasTag},
      {{{}, "*"}, Kind::kAbsent},
      {{{}, "W/" + both}, Kind::kAbsentOrOtherTag, {kOtherTag, kTag}},
      {{{}, "\"x\""}, Kind::kAbsentOrOtherTag},
      {{"*", "*"}, Kind::kHasTag},
      {{"*", kOurs}, Kind::kHasOtherTag, {kTag}},
      {{kOurs, "*"}, Kind::kHasTag},
      {{both, kOther}, Kind::kHasTag, {kTag}},
      {{kOurs, kOurs}, Kind::kHasTag},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.conditions.if_match.value_or("-") + " | " +
                 row.conditions.if_none_match.value_or("-"));
    const Result<Precondition> precondition = PreconditionOf(row.conditions.AsRequest());
    ASSERT_TRUE(precondition.ok());
    EXPECT_EQ(precondition->kind, row.kind);
    EXPECT_EQ(precondition->tags, row.tags);
  }
}

TEST(Conditions, AMalformedFieldIsRefusedWhateverTheOtherSays) {
  for (const Conditions& conditions :
       {Conditions{"x", {}}, Conditions{{}, "x"}, Conditions{kOther, "x"}, Conditions{"x", "*"}}) {
    const Result<int> status = StatusOfRead(conditions.AsRequest(), kTag);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
    EXPECT_FALSE(PreconditionOf(conditions.AsRequest()).ok());
  }
}

}  // namespace
}  // namespace products
