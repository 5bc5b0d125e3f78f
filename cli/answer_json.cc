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

std::optional<std::string> FindText(const rapidjson::Document& document, const char* key) {
  const auto member = document.FindMember(key);
  if (member == document.MemberEnd() || !member->value.IsString()) return std::nullopt;
  return std::string(member->value.GetString(), member->value.GetStringLength());
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

std::optional<BackupAnswer> ParseBackupAnswer(std::string_view body) {
  rapidjson::Document document;
  if (!ParseObject(document, body)) return std::nullopt;
  const auto file = FindText(document, "file");
  const auto products = document.FindMember("products");
  const auto bytes = document.FindMember("bytes");
  const auto seconds = document.FindMember("seconds");
  const auto end = document.MemberEnd();
  if (!file || products == end || bytes == end || seconds == end) return std::nullopt;
  if (!products->value.IsInt64() || !bytes->value.IsInt64() || !seconds->value.IsNumber()) {
    return std::nullopt;
  }
  return BackupAnswer{*file, products->value.GetInt64(), bytes->value.GetInt64(),
                      seconds->value.GetDouble()};
}

}  // namespace products::cli
