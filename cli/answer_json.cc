#include "cli/answer_json.h"

#include <rapidjson/document.h>

namespace products::cli {
namespace {

// Iterative: a body of a million brackets must not overflow the stack.
constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

bool ParseObject(rapidjson::Document& document, std::string_view body) {
  document.Parse<kParseFlags>(body.data(), body.size());
  return !document.HasParseError() && document.IsObject();
}

std::optional<std::string> FindText(const rapidjson::Value& document, const char* key) {
  const auto member = document.FindMember(key);
  if (member == document.MemberEnd() || !member->value.IsString()) return std::nullopt;
  return std::string(member->value.GetString(), member->value.GetStringLength());
}

std::optional<std::uint64_t> FindCount(const rapidjson::Value& object, const char* key) {
  const auto member = object.FindMember(key);
  if (member == object.MemberEnd() || !member->value.IsUint64()) return std::nullopt;
  return member->value.GetUint64();
}

}  // namespace

std::optional<ErrorAnswer> ParseErrorAnswer(std::string_view body) {
  rapidjson::Document document;
  if (!ParseObject(document, body)) return std::nullopt;
  const auto code = FindText(document, "error");
  const auto message = FindText(document, "message");
  if (!code || !message) return std::nullopt;
  return ErrorAnswer{*code, *message};
}

std::optional<std::string> ParseStatusAnswer(std::string_view body) {
  rapidjson::Document document;
  if (!ParseObject(document, body)) return std::nullopt;
  return FindText(document, "status");
}

std::optional<VersionAnswer> ParseVersionAnswer(std::string_view body) {
  rapidjson::Document document;
  if (!ParseObject(document, body)) return std::nullopt;
  const auto version = FindText(document, "version");
  if (!version) return std::nullopt;
  return VersionAnswer{*version, FindText(document, "commit").value_or("")};
}

std::optional<BatchAnswer> ParseBatchAnswer(std::string_view body) {
  rapidjson::Document document;
  if (!ParseObject(document, body)) return std::nullopt;
  const auto stored = FindCount(document, "stored");
  const auto rejected = FindCount(document, "rejected");
  const auto errors = document.FindMember("errors");
  if (!stored || !rejected || errors == document.MemberEnd() || !errors->value.IsArray()) {
    return std::nullopt;
  }
  BatchAnswer answer{*stored, *rejected, {}};
  for (const rapidjson::Value& error : errors->value.GetArray()) {
    if (!error.IsObject()) return std::nullopt;
    const auto line = FindCount(error, "line");
    const auto code = FindText(error, "error");
    const auto message = FindText(error, "message");
    if (!line || !code || !message) return std::nullopt;
    answer.errors.push_back({*line, *code, *message});
  }
  return answer;
}

}  // namespace products::cli
